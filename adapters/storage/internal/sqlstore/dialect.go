package sqlstore

import (
	"context"
	"database/sql"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// Dialect is what tells one database from another.
type Dialect struct {
	// Numbered says that placeholders are $1, $2 … and not question marks.
	Numbered bool
	// Prepared says that statements are worth keeping prepared by hand.
	Prepared bool
	// Lock ends a SELECT that locks what it reads until the transaction ends.
	Lock string
	// CustomerIndex follows the table's name where the database must be told to use the customers' index.
	CustomerIndex string
	// ByRow follows the table's name where the database must be told to look for rows by their numbers and not through an
	// index of the organisation, whose every row it would read.
	ByRow string
	// Joined is the values of a column named cell, one behind the other, as one value.
	Joined string
	// Snapshot are the options of a transaction whose reads all see one state.
	Snapshot sql.TxOptions
	// Lost says that a transaction failed because of another one and may be run again.
	Lost func(error) bool
	// Taken says that a key exists already.
	Taken func(error) bool
	// Down says that the database is away or too busy for now.
	Down func(error) bool
	// Bulk writes many rows in one statement; nil writes row by row.
	Bulk Bulk
	// Early is a statement that has the commit of its transaction not wait for the disk; empty where no commit waits, or
	// every one must.
	Early string
	// Durable returns when what was committed on a connection is on the disk, the connection being nil where there is no
	// Bulk; nil where a commit returns no sooner.
	Durable func(conn *sqlx.Conn) error
	// Until has answers on a connection waited for until an instant at most, zero meaning without end. A connection on which
	// one was waited for in vain is of no use any more. nil where the database is part of this process.
	Until func(conn *sqlx.Conn, at time.Time)
	// Shared says that other processes may use the database too.
	Shared bool
	// FoldLock waits for the lock of those who store folds of the cell log that a number stands for, and holds it until the
	// transaction ends; empty where only one transaction writes at a time. Writers do not take it.
	FoldLock string
	// BuildLock waits, for as long as it takes, for the lock of those who build all cells anew, and holds it until the
	// transaction ends; empty where no other process may use the database.
	BuildLock string
	// Announce tells other processes that organisations stored something, after they did; nil when there are none. Listen
	// hears what they told until ctx ends.
	Announce func(ctx context.Context, db *sql.DB, orgs []tenant.ID) error
	Listen   func(ctx context.Context, heard func(tenant.ID))
}

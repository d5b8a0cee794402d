-- +goose Up

-- Facts about the database itself, such as the proof of its master key.
CREATE TABLE facts (
	name  TEXT PRIMARY KEY,
	value BLOB NOT NULL
) WITHOUT ROWID;

-- The bookkeeping of one organisation: its keys, the number of its newest version, its tombstones and day cells.
CREATE TABLE spaces (
	org           BLOB PRIMARY KEY,
	seal          BLOB NOT NULL,
	seq           INTEGER NOT NULL DEFAULT 0,
	gone          INTEGER NOT NULL DEFAULT 0,
	logged        INTEGER NOT NULL DEFAULT 0,
	step          INTEGER NOT NULL DEFAULT 0,
	grid          INTEGER NOT NULL DEFAULT 0,
	zone          TEXT NOT NULL,
	complete_from INTEGER NOT NULL,
	gap_version   INTEGER NOT NULL DEFAULT 0,
	gap_through   INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;

CREATE TABLE conversations (
	id         INTEGER PRIMARY KEY,
	org        BLOB NOT NULL,
	uid        BLOB NOT NULL,
	seq        INTEGER NOT NULL,
	started_at INTEGER NOT NULL,
	platform   INTEGER NOT NULL,
	handler    INTEGER NOT NULL,
	sentiment  INTEGER NOT NULL,
	priority   INTEGER NOT NULL,
	outcome    INTEGER NOT NULL,
	reason     INTEGER NOT NULL,
	escalated  INTEGER NOT NULL,
	ai_handled INTEGER NOT NULL,
	csat       INTEGER,
	topic      TEXT NOT NULL,
	subtopic   INTEGER,
	agent      INTEGER,
	customer   INTEGER,
	messages   INTEGER NOT NULL,
	cell       BLOB NOT NULL,
	content    BLOB NOT NULL
);
CREATE UNIQUE INDEX conversations_uid ON conversations (org, uid);
CREATE INDEX conversations_seq ON conversations (org, seq);
-- The listing answers every filter but the customer's from this index alone, and so do sums over single conversations,
-- at the two ends of a window, which read no further than the cell.
CREATE INDEX conversations_listing ON conversations (org, started_at, uid DESC, cell, platform, handler, sentiment, priority,
	outcome, reason, escalated, ai_handled, csat, topic, subtopic, agent);
-- Customers come in no order: by fortnight first, only the pages of the fortnight are written to. With the topic, the
-- index alone tells whether a customer came back.
CREATE INDEX conversations_customer ON conversations (org, started_at / 1209600000000, customer, topic) WHERE customer IS NOT NULL;

-- What is left of conversations whose text has expired: when they began and what they count.
CREATE TABLE remains (
	org        BLOB NOT NULL,
	started_at INTEGER NOT NULL,
	cell       BLOB NOT NULL
);
CREATE INDEX remains_started ON remains (org, started_at);

-- Keyed fingerprints of conversations that were deleted (1) or have expired (2).
CREATE TABLE tombstones (
	org  BLOB NOT NULL,
	mark BLOB NOT NULL,
	kind INTEGER NOT NULL,
	at   INTEGER NOT NULL,
	PRIMARY KEY (org, mark)
) WITHOUT ROWID;

-- Requests that may be repeated, by a hash of route and token.
CREATE TABLE onces (
	org    BLOB NOT NULL,
	mark   BLOB NOT NULL,
	body   BLOB NOT NULL,
	effect TEXT NOT NULL,
	at     INTEGER NOT NULL,
	PRIMARY KEY (org, mark)
) WITHOUT ROWID;
CREATE INDEX onces_at ON onces (org, at);

-- Cells of one view and stretch of time are one row, in parts if they are many. Log cells are apart behind the others:
-- whoever asks for no quantiles does not read them. The key is an index of its own: in a table
-- ordered by it every comparison would read a whole row.
CREATE TABLE cells (
	org   BLOB NOT NULL,
	view  INTEGER NOT NULL,
	start INTEGER NOT NULL,
	part  INTEGER NOT NULL,
	sums  BLOB NOT NULL,
	logs  BLOB NOT NULL
);
CREATE UNIQUE INDEX cells_key ON cells (org, view, start, part);

-- What recent writes have still to add to the cells.
CREATE TABLE cell_log (
	org     BLOB NOT NULL,
	step    INTEGER NOT NULL,
	entries BLOB NOT NULL,
	PRIMARY KEY (org, step)
) WITHOUT ROWID;

-- The search index: segments of a day, and in parts which of their rows hold which words.
CREATE TABLE segments (
	org    BLOB NOT NULL,
	day    INTEGER NOT NULL,
	number INTEGER NOT NULL,
	size   INTEGER NOT NULL,
	bits   INTEGER NOT NULL,
	rows   BLOB NOT NULL,
	PRIMARY KEY (org, day, number)
) WITHOUT ROWID;

CREATE TABLE postings (
	org    BLOB NOT NULL,
	day    INTEGER NOT NULL,
	number INTEGER NOT NULL,
	part   INTEGER NOT NULL,
	lists  BLOB NOT NULL,
	PRIMARY KEY (org, day, number, part)
) WITHOUT ROWID;

CREATE TABLE search_state (
	org     BLOB PRIMARY KEY,
	through INTEGER NOT NULL,
	at      INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE gaps (
	org              BLOB NOT NULL,
	id               INTEGER NOT NULL,
	language         TEXT NOT NULL,
	alias_of         INTEGER NOT NULL,
	example          BLOB NOT NULL,
	resolved_at      INTEGER NOT NULL,
	evidence_expired INTEGER NOT NULL,
	history          TEXT NOT NULL,
	words            BLOB NOT NULL,
	PRIMARY KEY (org, id)
) WITHOUT ROWID;
CREATE INDEX gaps_example ON gaps (org, example);

CREATE TABLE gap_links (
	org          BLOB NOT NULL,
	conversation BLOB NOT NULL,
	gap          INTEGER NOT NULL,
	topic        TEXT NOT NULL,
	at           INTEGER NOT NULL,
	failures     TEXT NOT NULL,
	question     BLOB NOT NULL,
	PRIMARY KEY (org, conversation)
) WITHOUT ROWID;
CREATE INDEX gap_links_gap ON gap_links (org, gap, at);

CREATE TABLE orgs (
	id         BLOB PRIMARY KEY,
	address    TEXT NOT NULL UNIQUE,
	name       TEXT NOT NULL,
	plan       TEXT NOT NULL,
	created_at INTEGER NOT NULL,
	settings   TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE api_keys (
	id         TEXT PRIMARY KEY,
	org        BLOB NOT NULL,
	prefix     TEXT NOT NULL,
	hash       BLOB NOT NULL,
	name       TEXT NOT NULL,
	role       TEXT NOT NULL,
	created_at INTEGER NOT NULL,
	revoked_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX api_keys_org ON api_keys (org, created_at);
CREATE INDEX api_keys_prefix ON api_keys (prefix);

CREATE TABLE leases (
	name   TEXT PRIMARY KEY,
	holder TEXT NOT NULL,
	until  INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE cursors (
	org      BLOB NOT NULL,
	job      TEXT NOT NULL,
	position TEXT NOT NULL,
	PRIMARY KEY (org, job)
) WITHOUT ROWID;

CREATE TABLE ledger_lines (
	org       BLOB NOT NULL,
	seq       INTEGER NOT NULL,
	period    TEXT NOT NULL,
	kind      TEXT NOT NULL,
	ref       TEXT NOT NULL,
	topic     TEXT NOT NULL,
	amount    INTEGER NOT NULL,
	currency  TEXT NOT NULL,
	model     TEXT NOT NULL,
	rate      TEXT NOT NULL,
	corrects  TEXT NOT NULL,
	posted_at INTEGER NOT NULL,
	prev      BLOB NOT NULL,
	hash      BLOB NOT NULL,
	PRIMARY KEY (org, seq)
) WITHOUT ROWID;
CREATE INDEX ledger_lines_period ON ledger_lines (org, period);
CREATE INDEX ledger_lines_ref ON ledger_lines (org, ref);

CREATE TABLE ledger_closings (
	org        BLOB NOT NULL,
	period     TEXT NOT NULL,
	closed_at  INTEGER NOT NULL,
	terms      TEXT NOT NULL,
	ai_cost    INTEGER NOT NULL,
	human_cost INTEGER NOT NULL,
	head_seq   INTEGER NOT NULL,
	head_hash  BLOB NOT NULL,
	PRIMARY KEY (org, period)
) WITHOUT ROWID;

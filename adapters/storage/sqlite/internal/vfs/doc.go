// Package vfs stands between SQLite and the system where files are written, and makes two things of a commit cheaper.
//
// Writes to the log that follow one another become one. SQLite hands over each page of the log in two writes, and a
// transaction in as many as it has pages; each is a call of the system, which costs more than the page itself. What is
// gathered reaches the system before the log is synced, read, measured, truncated or closed, which is all that SQLite asks
// of a VFS. It rests on synchronous=FULL: then every commit syncs the log before other connections look at its new part.
// Writes to the database itself are never held: where readers keep a part of the log in use, it is copied into the
// database without a sync, and they read the copy at once.
//
// The wait for the disk leaves the commit: a commit's sync only hands the log's new part to the system, and whoever needs
// the commit on the disk then asks the [Log] for it, while the next transaction runs. Syncs that keep the database whole
// (of the log before it is copied into the database, of the database, of the log's header) stay where SQLite has them. It
// rests on checkpoint_fullfsync=1, which is how a sync says that it is one of those.
package vfs

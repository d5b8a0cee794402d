// Package vfs stands between SQLite and the system where files are written: writes to its log that follow one another
// become one. SQLite hands over each page of the log in two writes, and a transaction in as many as it has pages; each is
// a call of the system, which costs more than the page itself.
//
// What is gathered reaches the system before the log is synced, read, measured, truncated or closed, which is all that
// SQLite asks of a VFS. It rests on synchronous=FULL: then every commit syncs the log before other connections look at its
// new part. Writes to the database itself are never held: where readers keep a part of the log in use, it is copied into
// the database without a sync, and they read the copy at once.
package vfs

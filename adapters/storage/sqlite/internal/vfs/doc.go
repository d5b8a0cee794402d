// Package vfs stands between SQLite and the system where files are written: writes that follow one another in a file
// become one. SQLite hands over each page of its log in two writes, and a transaction in as many as it has pages; each is
// a call of the system, which costs more than the page itself.
//
// What is gathered reaches the system before the file is synced, read, measured, truncated or closed, which is all that
// SQLite asks of a VFS. It rests on synchronous=FULL: then every commit syncs the log before other connections look at
// its new part, and every checkpoint syncs the database before they read it instead of the log. Memory-mapped reads
// (mmap_size) would see files as they were.
package vfs

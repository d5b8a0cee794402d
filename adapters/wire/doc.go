// Package wire holds the JSON shapes of the public API: what clients send and what the server answers. The server and
// the Go client share it, and it imports the standard library alone.
//
// In answers, null means "not known" and is never written as 0. Numbers that must come out exactly as they were
// reckoned, such as money, travel as the text of a JSON number (Number). Times are RFC 3339 in UTC.
package wire

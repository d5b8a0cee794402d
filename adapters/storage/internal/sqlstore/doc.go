// Package sqlstore is the part of a relational store that SQLite and PostgreSQL share: one row per conversation, cells
// that move in the same transaction, and everything people wrote in one sealed value.
//
// What stays readable in a row is what filters and cells need: platform, handler, sentiment, priority, outcome, reason,
// the two flags, the rating, the topic, times, and the conversation's contribution to the cells, which is counts. The
// customer, the agent and the subtopic are keyed fingerprints. All else (messages, identifiers, metadata, tags, reasons
// in words, findings with their evidence) is inside the content. The uid is a hash of platform and
// conversation id behind the number that the id ends with.
package sqlstore

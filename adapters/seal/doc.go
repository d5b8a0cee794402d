// Package seal makes what a store keeps unreadable without a master key.
//
// Three layers of keys. The master key lives outside of the database: in a file, in the environment, or in a key
// management service behind the Wrapper port. It wraps one bundle of keys for each organisation, which the store keeps
// beside the organisation's rows: data keys, of which the newest seals and all open, and one token key, which makes the
// keyed fingerprints by which equal values find each other. Destroying a bundle makes everything of that organisation
// unreadable, in backups too.
//
// A sealed value is AES-256-GCM with a random nonce. Its place (organisation, table, row, field) is authenticated with
// it, so it opens nowhere else. It does not hide how long a value is, nor that it changed, and an earlier version of the
// same row's value opens in its place.
package seal

// Package httpapi serves the public HTTP API of one monitor.Monitor: what comes in (limits, strict decoding), who asks
// (credential, organisation, role), what goes out (one shape for answers, one table for errors), and the document that
// describes it. Everything is listed once, in the route table: method, path, permission, parameters, bodies. The
// router, the permission check, /openapi.json and /docs are all made from it.
package httpapi

package httpapi

import (
	"fmt"

	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// public marks a route that needs no credential. It is no role anybody can have.
const public tenant.Role = "public"

// route is one operation of the API, with all that is said about it anywhere.
type route struct {
	method, path string
	// need is the least role that may call it; empty does not start.
	need    tenant.Role
	area    string
	summary string
	// details is further text for readers.
	details string
	params  []param
	// headers are what the request may carry beside the credential.
	headers []param
	// body is a value of the request body's type, nil when there is none; partial lifts the requirement of fields.
	body    any
	partial bool
	// types are the content types of the request body.
	types []string
	// answers maps each status of success to a value of the answer's type.
	answers map[int]any
	// streams maps each content type of a 200 that is not one value of JSON to a value of what it is made of.
	streams map[string]any
	// refusals are statuses of error beyond those that follow from the path, the parameters and the body.
	refusals []int
	handle   func(*call) error
}

func (r route) check() error {
	_, needsCredential := rank(r.need)
	switch {
	case r.need != public && !needsCredential:
		return fmt.Errorf("httpapi: %s %s has no permission", r.method, r.path)
	case r.handle == nil || r.summary == "" || len(r.answers)+len(r.streams) == 0:
		return fmt.Errorf("httpapi: %s %s is incomplete", r.method, r.path)
	}
	return nil
}

func rank(r tenant.Role) (tenant.Role, bool) { return r, tenant.Owner.Allows(r) }

// static answers with bytes that never change while the process runs.
func (c *call) static(media, policy string, content []byte) error {
	h := c.w.Header()
	h.Set("Content-Type", media)
	if policy != "" {
		h.Set("Content-Security-Policy", policy)
	}
	_, err := c.w.Write(content)
	return ignoreWrite(err)
}

// ignoreWrite drops the error of writing to a client that has gone.
func ignoreWrite(error) error { return nil }

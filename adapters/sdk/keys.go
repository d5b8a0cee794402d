package sdk

import (
	"context"
	"net/http"
	"net/url"

	"github.com/csm-monitor/csm-monitor/adapters/wire"
)

const keysPath = "/api/v1/keys"

// CreateKey makes an API key. The answer holds its secret, which cannot be had again. Role may be empty for member.
func (c *Client) CreateKey(ctx context.Context, name, role string) (wire.Key, error) {
	answer, err := call[wire.KeyAnswer](ctx, c, request{method: http.MethodPost, path: keysPath, delicate: true}, wire.NewKey{Name: name, Role: role})
	return answer.Key, err
}

// Keys lists the organisation's API keys, oldest first.
func (c *Client) Keys(ctx context.Context) ([]wire.Key, error) {
	answer, err := get[wire.KeyList](ctx, c, keysPath, nil)
	return answer.Keys, err
}

// RevokeKey makes a key useless.
func (c *Client) RevokeKey(ctx context.Context, id string) error {
	_, err := call[wire.Done](ctx, c, request{method: http.MethodDelete, path: keysPath + "/" + url.PathEscape(id)}, nil)
	return err
}

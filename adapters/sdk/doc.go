// Package sdk is the Go client of the API: send conversations, read the figures.
//
//	client, err := sdk.FromEnv() // CSM_MONITOR_API_KEY, and three more that have defaults
//	...
//	answer, err := client.Send(ctx, sdk.Conversation{
//		ConversationID: "chat-4711", Platform: "sdk",
//		Messages: []sdk.Message{{SenderType: "customer", Content: "Where is my refund?"}},
//	})
//
// Every call is repeated after a failure that may pass: no connection, 429, 502, 503, 504. Between attempts the client
// waits for as long as the server asks, else longer each time. Repeating is safe: what is sent carries an idempotency
// key. A request that the server refuses is an *Error.
package sdk

package port

import "context"

// Embedder turns texts into vectors that are close when the texts mean the same. It is optional: without one, questions
// are compared by their words.
type Embedder interface {
	// Embed returns one vector for each text, in order, all of one length. A failure is an error, never a vector of zeros:
	// an outage must not look like a wave of new questions.
	Embed(ctx context.Context, texts []string) ([][]float32, error)
	// Model names what makes the vectors; those of different models cannot be compared.
	Model() string
}

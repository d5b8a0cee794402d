// Package selfaudit holds what the product says against what was planted: it runs simulated organisations through the
// same use cases a server runs, reads the same figures a customer reads, and counts how often they are right.
package selfaudit

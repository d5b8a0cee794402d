package outcome

import "testing"

func BenchmarkReadAnswer(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		ReadAnswer("I'm very sorry, but there is no room available at the Hyatt Hotel for your requested dates. Would you like to change them?")
	}
}

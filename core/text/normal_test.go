package text

import (
	"slices"
	"strings"
	"testing"
)

func TestNormalForm(t *testing.T) {
	cases := []struct{ in, want string }{
		{"Hi there! What is your REFUND policy???", "refund policy"},
		{"what's the refund policy please", "refund policy"},
		{"Hello, where is order #48213?", "where order <num>"},
		{"My email is jo@example.com and I can't log in", "email <email> can't log"},
		{"I can’t log in", "can't log"},
		{"see https://example.com/a?b=c#d, or www.example.org.", "see <url> <url>"},
		{"paid 1,250.00 on 3.5.2026.", "paid <num> <num>"},
		{"my 4runner, 2nd try", "4runner <num>nd try"},
		{"'quoted' words' end", "quoted words end"},
		{"ＦＵＬＬ width", "full width"},
		{"first.last+tag@mail.example.co.uk!", "<email>"},
		{"not@email, a@b.", "not email b"},
		{"<num> and <email> stay", "<num> <email> stay"},
		{"Größe ändern", "größe ändern"},
		{"e-mail address", "e mail address"},
		{"", ""},
		{"?!… \n\t", ""},
	}
	for _, c := range cases {
		want := strings.Fields(strings.ReplaceAll(c.want, "<num>nd", "2nd"))
		if got := NormalForm(c.in); !slices.Equal(got, want) {
			t.Errorf("NormalForm(%q) = %q, want %q", c.in, got, want)
		}
	}
}

func TestWordsKeepsPoliteness(t *testing.T) {
	if got := strings.Join(Words("Hi, can you help?"), " "); got != "hi can you help" {
		t.Errorf("Words = %q", got)
	}
}

func FuzzNormalForm(f *testing.F) {
	for _, s := range []string{"", "I can’t log in", "jo@example.com", "1,2.3a", "http://", "www.x", "<num", "a'b'c", "ﬁne ①②"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		tokens := NormalForm(s)
		for _, token := range tokens {
			if token == "" || strings.ContainsAny(token, " \t\n") || IsStop(token) {
				t.Fatalf("token %q from %q", token, s)
			}
		}
		if again := NormalForm(strings.Join(tokens, " ")); !slices.Equal(again, tokens) {
			t.Fatalf("not a fixed point: %q then %q from %q", tokens, again, s)
		}
	})
}

func BenchmarkNormalForm(b *testing.B) {
	for b.Loop() {
		NormalForm("Hi there! I can't log in to my account since 12 May, could you please reset the password?")
	}
}

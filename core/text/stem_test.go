package text

import "testing"

func TestStem(t *testing.T) {
	for word, want := range map[string]string{
		"payments": "payment", "policies": "policy", "charging": "charg", "charged": "charg", "repeatedly": "repeat",
		"boxes": "box", "access": "acces", "monthly": "month", "paid": "paid",
		"sing": "sing", "red": "red", "ties": "tie", "yes": "yes", "bus": "bus", "fly": "fly", "only": "only",
		"": "", "s": "s", "<num>": "<num>", "äöüs": "äöü", "öes": "öes", "beings": "being",
	} {
		if got := Stem(word); got != want {
			t.Errorf("Stem(%q) = %q, want %q", word, got, want)
		}
	}
}

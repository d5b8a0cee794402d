package knowledge

import (
	"slices"
	"testing"

	"github.com/samber/lo"
	"pgregory.net/rapid"
)

// held is how many blocks of a pool are in use.
func (p *pool) held() int {
	n := int(p.used)
	for next := p.free; next != 0; next = p.at(next).next() {
		n--
	}
	return n
}

func TestListsInAPoolHoldWhatWasPut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var p pool
		lists, want := make([]list, 4), make([][]uint32, 4)
		for range rapid.IntRange(0, 300).Draw(t, "steps") {
			i := rapid.IntRange(0, 3).Draw(t, "list")
			switch x := rapid.Uint32Max(1<<32-2).Draw(t, "number"); rapid.IntRange(0, 15).Draw(t, "step") {
			case 0:
				p.clear(&lists[i])
				want[i] = nil
			case 1:
				if len(want[i]) > 0 {
					x = rapid.SampledFrom(want[i]).Draw(t, "one of them")
				}
				p.remove(&lists[i], x, nil)
				if at := slices.Index(want[i], x); at >= 0 {
					want[i] = slices.Delete(want[i], at, at+1)
				}
			default:
				p.push(&lists[i], x)
				want[i] = append(want[i], x)
			}
			for i := range lists {
				if got := p.read(lists[i], nil); !slices.Equal(got, want[i]) {
					t.Fatalf("list %d is %v, want %v", i, got, want[i])
				}
			}
		}
		for i := range lists {
			p.clear(&lists[i])
		}
		if n := p.held(); n != 0 {
			t.Fatalf("%d blocks are held by nobody", n)
		}
	})
}

func TestRisingListsLoseWhatIsTakenOutAlone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		numbers := rapid.SliceOfDistinct(rapid.Uint32Range(0, 1<<31), rapid.ID).Draw(t, "numbers")
		slices.Sort(numbers)
		out := rapid.SliceOf(rapid.SampledFrom(append(numbers, 1<<31+1))).Draw(t, "taken out")
		r := room{}
		kept := r.pool.rising(numbers)
		for _, x := range out {
			r.exclude(&kept, x, 0)
		}
		r.pool.add(&kept, 1<<31+2)
		want := append(lo.Without(numbers, out...), 1<<31+2)
		if got := r.pool.all(kept.list, nil); !slices.Equal(got, want) || int(kept.n) != len(want) {
			t.Fatalf("wanted %v, got %v, %d in all", want, got, kept.n)
		}
	})
}

func TestNamesKeepTheirNumbers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var x names
		given := map[string]uint32{}
		for _, name := range rapid.SliceOf(rapid.StringN(0, 3, 8)).Draw(t, "names") {
			number, known := x.number(name)
			if want, told := given[name]; known != told || known && number != want || !known && int(number) != len(given) {
				t.Fatalf("%q is %d, known %v, after %v", name, number, known, given)
			}
			given[name] = number
		}
		for name, number := range given {
			if got := string(x.name(number)); got != name {
				t.Fatalf("%d is %q, want %q", number, got, name)
			}
		}
	})
}

func TestTablesFindWhatIsInThem(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var x table
		hash := func(number uint32) uint32 { return number / 3 } // some share theirs, others stand in their way
		in := map[uint32]bool{}
		for _, number := range rapid.SliceOf(rapid.Uint32Range(0, 40)).Draw(t, "put in, or taken out again") {
			if in[number] {
				x.remove(hash(number), number, hash)
			} else {
				x.add(hash(number), number, hash)
			}
			in[number] = !in[number]
			for number, there := range in {
				found := 0
				for other := range x.like(hash(number)) {
					if other == number {
						found++
					}
				}
				if there != (found == 1) || found > 1 {
					t.Fatalf("%d is there: %v, found %d times", number, there, found)
				}
			}
		}
	})
}

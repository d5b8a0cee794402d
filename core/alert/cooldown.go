package alert

import "time"

// due says whether at least the cool-down has passed since last; without a last time it has.
func due(last *time.Time, now time.Time, cooldown time.Duration) bool {
	return last == nil || now.Sub(*last) >= cooldown
}

// Notified picks which fires of one key are announced, by index: the first, and then each that comes at least the
// cool-down after the last announced one.
func Notified(fires []time.Time, cooldown time.Duration) []int {
	announced := []int{}
	var last *time.Time
	for i, at := range fires {
		if due(last, at, cooldown) {
			announced = append(announced, i)
			last = &at
		}
	}
	return announced
}

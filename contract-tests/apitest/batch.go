package apitest

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strings"
)

func batchCases() []Case {
	return []Case{
		{"a batch has a result for every item, in order", "the sender must know which to mend", batchResults},
		{"one bad item never loses the good ones, wherever it stands", "a backfill of years must not stop at one line", badItem},
		{"a batch as NDJSON is answered line by line", "imports stream", ndjson},
		{"a batch that breaks off says where", "what came before is stored, what came after must be sent again", brokenBatch},
		{"a repeated batch changes nothing", "retries are safe", repeatedBatch},
		{"bodies may come compressed", "backfills are large", compressed},
		{"compressed bombs are refused", "a small body must not fill the memory", bombs},
	}
}

const batchPath = "/api/v1/conversations/batch"

func item(i int) string { return fmt.Sprintf(`{"conversation_id":"b%d","platform":"sdk"}`, i) }

func batchResults(w *World) {
	r := w.post(batchPath, `[`+item(0)+`, {"conversation_id":"bad","platform":"fax"},`+item(1)+`,5,{"platform":"sdk"},`+item(0)+`,{"a":1,"a":2}]`)
	w.status(r, 200)
	w.wants(r, "success", "true", "accepted", "3", "rejected", "4")
	for i, status := range []string{"201", "400", "201", "422", "422", "200", "400"} {
		w.wants(r, fmt.Sprintf("results.%d.index", i), fmt.Sprint(i), fmt.Sprintf("results.%d.status", i), status)
	}
	w.wants(r, "results.0.conversation_id", `"b0"`, "results.1.conversation_id", `"bad"`, "results.1.error.code", `"unknown_value"`, "results.1.error.success", "false",
		"results.1.error.errors.0.field", `"/platform"`, "results.5.effect", `"unchanged"`, "results.6.error.code", `"invalid_json"`)
	if r.text("results.0.id") == "" {
		w.Fault("an accepted item has no id: %s", brief(r.raw))
	}
	w.want(w.get("/api/v1/conversations"), "total", "2")
	empty := w.post(batchPath, ` [ ] `)
	w.wants(empty, "results", "[]", "accepted", "0", "rejected", "0", "success", "true")
}

func badItem(w *World) {
	const n = 12
	bad := []string{`{"conversation_id":"x","platform":"sdk","csat_score":7}`, `{"conversation_id":`, `"\ud800"`, `{"a":[1,}`, `nonsense`}
	for position := range n {
		items := make([]string, n)
		for i := range items {
			items[i] = fmt.Sprintf(`{"conversation_id":"p%d-%d","platform":"sdk"}`, position, i)
		}
		items[position] = bad[position%len(bad)]
		r := w.send(request{as: w.Member, method: "POST", path: batchPath, body: strings.Join(items, "\n"), kind: "application/x-ndjson"})
		w.status(r, 200)
		lines := strings.Split(strings.TrimSpace(r.raw), "\n")
		if len(lines) != n {
			w.Fault("bad item at %d: %d results for %d items", position, len(lines), n)
			continue
		}
		for i, line := range lines {
			var result struct{ Index, Status int }
			if err := json.Unmarshal([]byte(line), &result); err != nil || result.Index != i || (result.Status == 201) == (i == position) {
				w.Fault("bad item at %d: result %d is %s", position, i, brief(line))
			}
		}
	}
	w.want(w.get("/api/v1/conversations"), "total", fmt.Sprint(n*(n-1)))
}

func ndjson(w *World) {
	var body strings.Builder
	const n = 600
	for i := range n {
		body.WriteString(item(i) + "\n")
		if i%100 == 0 {
			body.WriteString("\r\n  \n")
		}
	}
	r := w.send(request{as: w.Member, method: "POST", path: batchPath, body: body.String(), kind: "application/x-ndjson"})
	w.status(r, 200)
	if kind := r.header.Get("Content-Type"); kind != "application/x-ndjson" {
		w.Fault("NDJSON was answered by %s", kind)
	}
	lines := strings.Split(strings.TrimSpace(r.raw), "\n")
	if len(lines) != n {
		w.Fault("%d results for %d items", len(lines), n)
		return
	}
	for i, want := range map[int]string{0: `"index":0,"line":1,"status":201`, 1: `"index":1,"line":4,`, n - 1: fmt.Sprintf(`"index":%d,"line":%d,`, n-1, n+12)} {
		if !strings.Contains(lines[i], want) {
			w.Fault("line %d does not contain %s: %s", i, want, lines[i])
		}
	}
	w.want(w.get("/api/v1/conversations"), "total", fmt.Sprint(n))
}

func brokenBatch(w *World) {
	r := w.post(batchPath, `[`+item(0)+`,`+item(1)+`,{"conversation_id":"cut`)
	w.status(r, 200)
	w.wants(r, "success", "false", "accepted", "2", "rejected", "1", "results.2.status", "400", "results.2.error.code", `"invalid_json"`)
	if !strings.Contains(r.text("results.2.error.detail"), "byte") {
		w.Fault("the place is not named: %s", brief(r.raw))
	}
	r = w.post(batchPath, `[`+item(2)+` `+item(3)+`]`)
	w.wants(r, "accepted", "1", "results.1.error.code", `"invalid_json"`)
	r = w.post(batchPath, `[`+item(4)+`] x`)
	w.wants(r, "accepted", "1", "results.1.error.code", `"invalid_json"`)
	w.want(w.get("/api/v1/conversations"), "total", "4")
	for _, body := range []string{"", "{}", "x", "[", `"a"`, "[,]", "]", `{"conversation_id":"c","platform":"sdk"}`} {
		w.problem(w.send(request{as: w.Member, method: "POST", path: batchPath, body: body, kind: "application/json"}), 400, "invalid_json")
	}
	r = w.post(batchPath, `[`+item(5)+`,{"conversation_id":"big","platform":"sdk","metadata":{"a":"`+strings.Repeat("x", w.MaxBody)+`"}},`+item(6)+`]`)
	w.wants(r, "results.1.status", "413", "results.1.error.code", `"too_large"`, "results.2.status", "201", "accepted", "2")
}

func repeatedBatch(w *World) {
	body := `[` + item(0) + `,` + example + `,` + full + `]`
	first := w.post(batchPath, body)
	w.want(first, "accepted", "3")
	second := w.post(batchPath, body)
	for i := range 3 {
		w.wants(second, fmt.Sprintf("results.%d.status", i), "200", fmt.Sprintf("results.%d.effect", i), `"unchanged"`)
	}
	keyed := func(body string) *reply {
		return w.send(request{as: w.Member, method: "POST", path: batchPath, body: body, header: map[string]string{"Idempotency-Key": "batch-1"}})
	}
	w.want(keyed(`[`+item(7)+`,`+item(8)+`]`), "results.0.status", "201")
	r := keyed(`[` + item(7) + `,` + item(9) + `]`)
	w.wants(r, "results.0.status", "201", "results.1.status", "409", "results.1.error.code", `"idempotency_key_reused"`)
	w.want(w.get("/api/v1/conversations"), "total", "5")
}

func zipped(s string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write([]byte(s))
	_ = z.Close()
	return b.String()
}

// zstandard writes s as a Zstandard frame of raw blocks (RFC 8878), which any decoder reads.
func zstandard(s string) string {
	const block = 1 << 16
	out := []byte{0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x38} // magic; no size, window of 128 KiB
	for {
		n := min(len(s), block)
		header := uint32(n) << 3
		if n == len(s) {
			header |= 1
		}
		out = append(out, binary.LittleEndian.AppendUint32(nil, header)[:3]...)
		out = append(out, s[:n]...)
		if s = s[n:]; header&1 == 1 {
			return string(out)
		}
	}
}

// zstandardZeros is a frame that unpacks to n MiB of zeros out of some 40 bytes a MiB.
func zstandardZeros(n int) string {
	out := []byte{0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x38}
	for i := range n * 8 {
		header := uint32(128<<10)<<3 | 1<<1 // a block of one byte, repeated
		if i == n*8-1 {
			header |= 1
		}
		out = append(out, binary.LittleEndian.AppendUint32(nil, header)[:3]...)
		out = append(out, ' ')
	}
	return string(out)
}

func packed(w *World, path, encoding, body string) *reply {
	return w.send(request{as: w.Member, method: "POST", path: path, body: body, kind: "application/json", header: map[string]string{"Content-Encoding": encoding}})
}

func compressed(w *World) {
	w.status(packed(w, "/api/v1/conversations", "gzip", zipped(item(0))), 201)
	w.status(packed(w, "/api/v1/conversations", "zstd", zstandard(item(1))), 201)
	w.status(packed(w, "/api/v1/conversations", "identity", item(2)), 201)
	w.want(packed(w, batchPath, "GZIP", zipped(`[`+item(3)+`,`+item(4)+`]`)), "accepted", "2")
	w.want(packed(w, batchPath, "zstd", zstandard(`[`+item(5)+`]`+strings.Repeat(" ", 200_000))), "accepted", "1")
	w.want(w.get("/api/v1/conversations"), "total", "6")
	for _, encoding := range []string{"br", "deflate", "gzip, gzip", "gzip,zstd", "x"} {
		w.problem(packed(w, "/api/v1/conversations", encoding, zipped(zipped(item(9)))), 415, "unsupported_media_type")
	}
	for _, encoding := range []string{"gzip", "zstd"} {
		w.problem(packed(w, "/api/v1/conversations", encoding, item(9)), 400, "invalid_encoding")
	}
	whole := zipped(item(9))
	w.problem(packed(w, "/api/v1/conversations", "gzip", whole[:len(whole)-6]), 400, "invalid_encoding")
	w.problem(packed(w, "/api/v1/conversations", "gzip", whole[:len(whole)-1]+"\xff"), 400, "invalid_encoding")
}

func bombs(w *World) {
	spaces := strings.Repeat(" ", 4*w.MaxBody)
	w.problem(packed(w, "/api/v1/conversations", "gzip", zipped(item(0)+spaces)), 413, "too_large")
	w.problem(packed(w, "/api/v1/conversations", "zstd", zstandardZeros(8)), 413, "too_large")
	w.problem(packed(w, "/api/v1/conversations", "gzip", zipped(strings.Repeat("\x00", 64<<20))), 413, "too_large")
	w.problem(packed(w, batchPath, "gzip", zipped(strings.Repeat(" ", 32<<20)+"["+item(0)+"]")), 413, "too_large")
	w.problem(packed(w, batchPath, "zstd", zstandardZeros(32)), 413, "too_large")
	w.want(w.get("/api/v1/conversations"), "total", "0")
}

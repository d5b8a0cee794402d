package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Estimate is the evidence of one figure.
type Estimate struct {
	Value Number `json:"value" doc:"The figure, unrounded; null when it is not known."`
	N     int64  `json:"n" doc:"Observations the value rests on."`
	// Denominator is what the value is per; 0 when it is not per anything.
	Denominator int64    `json:"denominator" doc:"What the value is per: trials, ratings, conversations; 0 when it is not per anything."`
	Low         Number   `json:"low" doc:"Lower end of the interval; null when there is none."`
	High        Number   `json:"high" doc:"Upper end of the interval; null when there is none."`
	Confidence  float64  `json:"confidence" doc:"Confidence of the interval, 0 when it is not a sampling interval."`
	Method      string   `json:"method" doc:"How the interval was made."`
	Definition  string   `json:"definition" doc:"The definition of the figure, such as csat.mean/v1."`
	Maturity    Maturity `json:"maturity"`
}

// Maturity says whether a figure can still move because its conversations are young.
type Maturity struct {
	State       string   `json:"state" enum:"final,maturing"`
	MatureShare *float64 `json:"mature_share" doc:"Settled share of the conversations, 0 to 1; null when it was not counted."`
}

// Figure is one named number with its evidence.
type Figure struct {
	Name     string
	Number   Number
	Estimate Estimate
}

// Figures are named numbers in the order of the answer. In JSON they are members of the object that holds them, and
// their evidence stands beside them in the member "estimates", under the same names.
type Figures []Figure

// Get finds a figure by name.
func (f Figures) Get(name string) (Figure, bool) {
	for _, figure := range f {
		if figure.Name == name {
			return figure, true
		}
	}
	return Figure{}, false
}

// MarshalJSON writes {"name": number, …, "estimates": {"name": {…}, …}}.
func (f Figures) MarshalJSON() ([]byte, error) { return splice(nil, f) }

// UnmarshalJSON reads every member that has an estimate.
func (f *Figures) UnmarshalJSON(raw []byte) error {
	var err error
	*f, err = figuresOf(raw)
	return err
}

// splice writes lead, a JSON object or nil, with the figures as further members.
func splice(lead any, f Figures) ([]byte, error) {
	var out bytes.Buffer
	out.WriteByte('{')
	if lead != nil {
		head, err := json.Marshal(lead)
		if err != nil {
			return nil, err
		}
		out.Write(bytes.TrimSuffix(head[1:], []byte("}")))
	}
	for _, figure := range f {
		if out.Len() > 1 {
			out.WriteByte(',')
		}
		number, _ := figure.Number.MarshalJSON()
		fmt.Fprintf(&out, "%s:%s", quote(figure.Name), number)
	}
	if out.Len() > 1 {
		out.WriteByte(',')
	}
	out.WriteString(`"estimates":{`)
	for i, figure := range f {
		estimate, err := json.Marshal(figure.Estimate)
		if err != nil {
			return nil, err
		}
		if i > 0 {
			out.WriteByte(',')
		}
		fmt.Fprintf(&out, "%s:%s", quote(figure.Name), estimate)
	}
	out.WriteString("}}")
	return out.Bytes(), nil
}

// quote is a text as JSON.
func quote(text string) []byte {
	raw, _ := json.Marshal(text) // a string always encodes
	return raw
}

// figuresOf finds the figures among the members of an object.
func figuresOf(raw []byte) (Figures, error) {
	var object struct {
		Estimates map[string]Estimate `json:"estimates"`
	}
	if err := json.Unmarshal(raw, &object); err != nil {
		return nil, err
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(raw, &members); err != nil {
		return nil, err
	}
	names, err := memberNames(raw)
	if err != nil {
		return nil, err
	}
	out := make(Figures, 0, len(object.Estimates))
	for _, name := range names {
		estimate, ok := object.Estimates[name]
		if !ok {
			continue
		}
		figure := Figure{Name: name, Estimate: estimate}
		if err := json.Unmarshal(members[name], &figure.Number); err != nil {
			return nil, fmt.Errorf("wire: figure %s: %w", name, err)
		}
		out = append(out, figure)
	}
	return out, nil
}

// memberNames lists the names of an object's members in order.
func memberNames(raw []byte) ([]string, error) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	if _, err := decoder.Token(); err != nil {
		return nil, err
	}
	var names []string
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			return nil, err
		}
		name, ok := token.(string)
		if !ok {
			return nil, fmt.Errorf("wire: figures must be an object")
		}
		names = append(names, name)
		var skipped json.RawMessage
		if err := decoder.Decode(&skipped); err != nil {
			return nil, err
		}
	}
	return names, nil
}

package knowledge

// Take works the newest version of one conversation into the index and adds to c what a store must keep of it. l.Gap is
// not read. Without a question the conversation leaves its gap. The same question again only renews what is noted beside
// it, if that is new. A question of a conversation that went well is linked when a gap has it, so that the effect of a fix can be seen.
func (ix *Index) Take(l Link, language string, c *Commit) {
	old, linked := ix.Linked(l.Conversation)
	switch {
	case l.Question == "":
		if linked {
			ix.Withdraw(l.Conversation)
			c.Unlink = append(c.Unlink, l.Conversation)
		}
	case linked && old.Question == l.Question:
		if l.Gap = old.Gap; l.Equal(old) {
			return
		}
		p := ix.links[l.Conversation]
		p.link = l
		ix.links[l.Conversation] = p
		c.Links = append(c.Links, l)
	default:
		a := ix.Assign(l, language)
		if a.Opened {
			c.Records = append(c.Records, ix.records[a.Gap])
		}
		if l.Gap = a.Gap; l.Gap != 0 {
			c.Links = append(c.Links, l)
		} else if linked {
			c.Unlink = append(c.Unlink, l.Conversation)
		}
	}
}

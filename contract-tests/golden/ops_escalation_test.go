package golden

var escalationOps = map[string]op{}

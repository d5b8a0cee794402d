package golden

var csatOps = map[string]op{}

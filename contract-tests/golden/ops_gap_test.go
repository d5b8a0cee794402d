package golden

var gapOps = map[string]op{}

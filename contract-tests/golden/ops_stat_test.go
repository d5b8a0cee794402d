package golden

var statOps = map[string]op{}

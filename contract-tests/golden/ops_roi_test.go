package golden

var roiOps = map[string]op{}

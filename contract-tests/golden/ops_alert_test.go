package golden

var alertOps = map[string]op{}

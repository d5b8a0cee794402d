package golden

var rollupOps = map[string]op{}

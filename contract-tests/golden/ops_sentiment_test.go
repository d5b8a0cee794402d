package golden

var sentimentOps = map[string]op{}

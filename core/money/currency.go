package money

import (
	"errors"
	"fmt"
	"strings"
)

// ErrCurrency says that a currency is not an ISO 4217 code for money.
var ErrCurrency = errors.New("unknown currency")

// twoDecimals lists the codes of ISO 4217 with two decimals, and the rest by theirs. ANG and BGN were withdrawn in
// 2025 and stay here, because ledgers of that time are still read. Codes without a minor unit (gold, special drawing
// rights, testing) are no money to keep books in and are left out.
const (
	noDecimals    = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
	threeDecimals = "BHD IQD JOD KWD LYD OMR TND"
	fourDecimals  = "CLF UYW"
	twoDecimals   = "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD " +
		"CAD CDF CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ " +
		"GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT " +
		"MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD " +
		"SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED " +
		"VES WST XCD XCG YER ZAR ZMW ZWG"
)

// MinorUnits returns the number of decimals of the currency with this ISO 4217 code: 0 for JPY, 2 for USD, 3 for KWD,
// 4 for CLF. Codes are upper case. Any other text is ErrCurrency.
func MinorUnits(currency string) (int, error) {
	switch {
	case listed(twoDecimals, currency):
		return 2, nil
	case listed(noDecimals, currency):
		return 0, nil
	case listed(threeDecimals, currency):
		return 3, nil
	case listed(fourDecimals, currency):
		return 4, nil
	}
	return 0, fmt.Errorf("%q: %w", currency, ErrCurrency)
}

// ValidCurrency reports whether currency is an ISO 4217 code that amounts can be kept in.
func ValidCurrency(currency string) bool {
	_, err := MinorUnits(currency)
	return err == nil
}

// listed relies on the lists being three-letter codes with one space between: a hit starts at a multiple of four.
func listed(codes, code string) bool {
	if len(code) != 3 {
		return false
	}
	for rest, at := codes, 0; ; {
		i := strings.Index(rest[at:], code)
		if i < 0 {
			return false
		}
		if at += i; at%4 == 0 {
			return true
		}
		at++
	}
}

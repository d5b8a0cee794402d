package simulate

// subject is what customers of one topic write about.
type subject struct {
	name string
	// known are questions the AI has an answer to.
	known []known
	// gaps are questions it has none to, each in several wordings.
	gaps [][]string
}

// known is a question in several wordings with its answer.
type known struct {
	asks   []string
	answer string
}

// catalogue is the business every simulated organisation is in: an online shop for outdoor gear with a membership.
// {n} stands for a number and {item} for something from the shop.
func catalogue() []subject {
	return append(shopping(), membership()...)
}

func shopping() []subject {
	return []subject{
		{"order_status", []known{
			{[]string{
				"Where is my order {n}?",
				"Can you tell me where order {n} is right now?",
				"I placed order {n} on Monday. When does it arrive?",
			}, "Your order left our warehouse yesterday and arrives within two working days. The tracking page shows every step."},
			{[]string{
				"How do I add the {item} to order {n}?",
				"Can the {item} still go into the parcel of order {n}?",
			}, "Open the order, choose Edit, and add the item. This works until the parcel is packed."},
		}, [][]string{
			{
				"Can you hold order {n} until I am back from vacation?",
				"I am away on vacation, can order {n} be held until I am back?",
				"Is it possible to put order {n} on hold during my vacation?",
				"How do I hold the delivery of order {n} while I am on vacation?",
			},
			{
				"Can two orders go out together in one parcel?",
				"I have two orders, can they be combined in one parcel?",
				"How do I combine two orders into one parcel?",
				"Can you put both of my orders together in a single parcel?",
			},
		}},
		{"shipping", []known{
			{[]string{
				"How long does standard delivery of the {item} take?",
				"What is the usual delivery time for the {item}?",
			}, "Standard delivery takes three to five working days, express delivery one day."},
			{[]string{
				"Do you deliver to a pick-up station?",
				"Can the parcel go to a pick-up station near my office?",
			}, "Yes, enter the station's number as the second line of the address."},
		}, [][]string{
			{
				"Do you ship the {item} to Iceland?",
				"Is delivery of the {item} to Iceland possible?",
				"Can I have the {item} sent to an address in Iceland?",
				"I live in Iceland, do you ship the {item} here?",
			},
			{
				"Can the courier use the elevator code to reach my door?",
				"Where do I enter the elevator code for the courier?",
				"The courier needs an elevator code, where do I enter it?",
				"How do I give the courier the code of our elevator?",
			},
		}},
		{"returns", []known{
			{[]string{
				"How do I send the {item} back?",
				"What are the steps to send back the {item}?",
			}, "Print the label from the Returns page, put the item in any box, and hand it in at a parcel shop."},
			{[]string{
				"How many days do I have to send back the {item}?",
				"Until when can I send the {item} back?",
			}, "You have 60 days from the day of delivery, and the item must be unused."},
		}, [][]string{
			{
				"Can I swap the {item} for another size in your store in town?",
				"Is it possible to exchange the {item} for another size in a store?",
				"I want another size of the {item}, can I swap it in your store?",
				"Do your stores swap an online {item} for another size?",
			},
			{
				"How do I send back an item that came as part of a bundle?",
				"Can I return a single item out of a bundle?",
				"I only want to return one item of my bundle, how does that work?",
				"Is it possible to send one part of a bundle back?",
			},
		}},
		{"refunds", []known{
			{[]string{
				"When does the money for order {n} reach my card?",
				"How long until the refund of order {n} is on my card?",
			}, "Refunds are booked within two days of the parcel reaching us, and cards show them within a week."},
			{[]string{
				"Is the delivery fee of order {n} part of the refund?",
				"Do you refund the delivery fee for order {n} as well?",
			}, "Yes, the standard delivery fee is part of the refund when the whole order comes back."},
		}, [][]string{
			{
				"Can the refund go to a different bank account?",
				"My old bank account is closed, can the refund go to my new account?",
				"How do I change the bank account that the refund goes to?",
				"I changed banks, where does the refund to my account go now?",
			},
			{
				"Can I turn my refund into store credit?",
				"Is store credit possible in place of the refund?",
				"I would rather take store credit than a refund, is that possible?",
				"How do I get the refund as store credit?",
			},
		}},
		{"products", []known{
			{[]string{
				"Which size of the {item} fits a height of 180 cm?",
				"What size of the {item} do I take at 180 cm?",
			}, "At 180 cm most customers take size L. The size chart on the page shows the measurements."},
			{[]string{
				"Is the {item} waterproof?",
				"Does the {item} keep out rain for a whole day?",
			}, "It has a water column of 10,000 mm and taped seams, so a day of rain is within its range."},
		}, [][]string{
			{
				"Is the coating of the {item} made without fluorine?",
				"Does the {item} have a coating that contains fluorine?",
				"Is there fluorine in the coating of your {item}?",
				"Which coating does the {item} have, one without fluorine?",
			},
			{
				"How much does the {item} weigh with the poles?",
				"What is the weight of the {item} including poles?",
				"Does the stated weight of the {item} include the poles?",
				"The weight of the {item} is listed, is that with poles?",
			},
		}},
		{"warranty", []known{
			{[]string{
				"How long is the warranty on the {item}?",
				"What warranty period does the {item} have?",
			}, "The warranty on all gear is five years from the date of the invoice."},
			{[]string{
				"Where do I register the {item} for the warranty?",
				"How does registration of the {item} for warranty work?",
			}, "No registration is needed, the invoice is all we ask for."},
		}, [][]string{
			{
				"Does the warranty move to the new owner of a used {item}?",
				"I bought the {item} second hand, does the warranty apply to me?",
				"Is the warranty valid for the second owner of the {item}?",
				"Does your warranty cover a second hand {item}?",
			},
			{
				"Do you sell a spare zipper for the {item}?",
				"Where can I order a zipper as a spare part for the {item}?",
				"I need a spare zipper for my {item}, do you sell one?",
				"Is the zipper of the {item} available as a spare part?",
			},
		}},
	}
}

func membership() []subject {
	return []subject{
		{"billing", []known{
			{[]string{
				"Where do I download the invoice for order {n}?",
				"Can I have the invoice of order {n} as a PDF?",
			}, "Every invoice is in your account under Documents, ready to download as a PDF."},
			{[]string{
				"Which payment methods do you take?",
				"What can I pay with, is bank transfer among it?",
			}, "Cards, PayPal and bank transfer are available at the checkout."},
		}, [][]string{
			{
				"How do I put our VAT number on the invoice?",
				"Can you add the VAT number of my company to the invoice?",
				"The invoice needs our VAT number, where do I enter it?",
				"Is it possible to have a company VAT number on invoices?",
			},
			{
				"Can I split the payment over two cards?",
				"Is it possible to pay one half with each of two cards?",
				"How do I split one payment between two cards?",
				"I have two cards, can I split the payment over them?",
			},
		}},
		{"membership", []known{
			{[]string{
				"How do I renew my membership?",
				"What do I do to renew the membership for another year?",
			}, "Memberships renew on their own each year. You see the date in your account under Membership."},
			{[]string{
				"What does the membership include?",
				"Which benefits come with the membership?",
			}, "Members have free standard delivery, early access to sales and a yearly gear check."},
		}, [][]string{
			{
				"Can I pause my membership for three months?",
				"Is there a way to pause the membership for a few months?",
				"How do I pause the membership over the winter months?",
				"I am abroad for some months, can my membership be paused?",
			},
			{
				"Can my partner be on the same membership?",
				"How do I add my partner to my membership?",
				"Is it possible to share a membership with my partner?",
				"Does one membership cover my partner as well?",
			},
		}},
		{"login", []known{
			{[]string{
				"How do I reset my password?",
				"Where do I change the password of my account?",
			}, "Choose Forgot password on the sign-in page, and a link to set a new one comes by e-mail."},
			{[]string{
				"How do I turn on two-step sign-in?",
				"Where is the setting for two-step sign-in?",
			}, "Two-step sign-in is in your account under Security. Scan the code with any authenticator app."},
		}, [][]string{
			{
				"I have a new phone, how do I move the authenticator to it?",
				"How do I move my authenticator codes to a new phone?",
				"My phone is new, where do the authenticator codes come from now?",
				"Can the authenticator be moved from my old phone to the new one?",
			},
			{
				"Can I sign in with a passkey?",
				"Do you offer sign-in by passkey?",
				"How do I set up a passkey for sign-in?",
				"Is a passkey possible for my account sign-in?",
			},
		}},
		{"app", []known{
			{[]string{
				"How do I update the app to the latest version?",
				"Where do I find the latest version of the app?",
			}, "The latest version is in the store of your phone. Updates come every second week."},
			{[]string{
				"How do I switch the app to dark mode?",
				"Where in the app is dark mode?",
			}, "Dark mode is in the app under Settings and Display."},
		}, [][]string{
			{
				"Does the app work with a Garmin watch?",
				"How do I connect my Garmin watch with the app?",
				"Is there a way to use the app on a Garmin watch?",
				"Can the app send routes to my Garmin watch?",
			},
			{
				"How do I download maps in the app for use without a connection?",
				"Can I use the maps of the app without a connection?",
				"Are maps available in the app without a connection?",
				"Where does the app store maps for use without a connection?",
			},
		}},
		{"gift_cards", []known{
			{[]string{
				"How do I redeem a gift card?",
				"Where do I enter the code of a gift card?",
			}, "Enter the code at the checkout in the field Gift card, and the amount comes off the total."},
			{[]string{
				"How long is a gift card valid?",
				"Until when can I use the gift card with code {n}?",
			}, "Gift cards are valid for four years from the day of purchase."},
		}, [][]string{
			{
				"Can I put the rest of two gift cards together on one?",
				"Is it possible to merge two gift cards into one?",
				"I have two gift cards with a small rest, can I merge them?",
				"How do I merge the amounts of two gift cards?",
			},
			{
				"Can a gift card be sent on a certain date?",
				"How do I schedule a gift card for a birthday date?",
				"Is it possible to choose the date a gift card is sent?",
				"I want the gift card to go out on a later date, how?",
			},
		}},
		{"privacy", []known{
			{[]string{
				"How do I switch off the newsletter?",
				"Where do I unsubscribe from your newsletter?",
			}, "The link at the end of every newsletter unsubscribes you at once."},
			{[]string{
				"Which personal data do you keep about my account?",
				"What data about me is in my account?",
			}, "You find everything we keep under Account and Data, with an export as a file."},
		}, [][]string{
			{
				"Can you delete my data but keep the invoices?",
				"How do I delete my data and still keep access to invoices?",
				"Is it possible to delete all data except for invoices?",
				"I want my data deleted and the invoices kept, is that possible?",
			},
			{
				"Who receives my address besides the courier?",
				"Is my address given to anyone besides the courier?",
				"Does any company besides the courier receive my address?",
				"Which companies get my address, apart from the courier?",
			},
		}},
	}
}

// items are what {item} becomes.
func items() []string {
	return []string{
		"Ridge tent", "Fjell jacket", "Summit backpack", "Trail shoes", "Polar sleeping bag", "Camp stove", "Peak gloves", "River kayak",
	}
}

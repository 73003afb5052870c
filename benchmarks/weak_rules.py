"""Labelling rules as a person writes them from what the classes are called, for the benchmark of weak labels: none was fitted to the data."""

from __future__ import annotations

SMS = {
    "spam": (
        r"\bfree\b",
        r"\bwin(ner)?\b|\bwon\b",
        r"\bprize\b",
        r"\bclaim\b",
        r"\burgent\b",
        r"\btxt\b|\btext (stop|to)\b",
        r"\bcash\b",
        r"£ ?\d|\$\d",
        r"\bcall \d{5,}|\b0[789]\d{8,}\b",
        r"www\.|http|\.co\.uk",
        r"\breply (yes|stop)\b",
        r"\bcongratulations?\b",
        r"\bguaranteed\b",
        r"\bringtones?\b",
        r"\bmobile\b",
        r"\b\d{5}\b",
        r"\bselected\b",
        r"\bstop\b",
        r"\b18\+?\b",
        r"\bper (msg|week|min)\b|\bppm\b|/msg",
    ),
    "ham": (
        r"\bi'?m\b|\bi am\b",
        r"\bhome\b",
        r"\blove\b",
        r"\bok(ay)?\b",
        r"\blol\b|\bhaha",
        r"\bsorry\b",
        r"\bwhere are you\b|\bwhere r u\b",
        r"\blater\b",
        r"\bmum\b|\bmom\b|\bdad\b",
        r"\bthanks\b|\bthanx\b|\bthank you\b",
        r"\btomorrow\b|\btmr\b",
        r"\bsleep\b",
        r"\bgoing\b",
        r"\bgood (morning|night)\b",
        r"\bda\b",
        r"\blunch\b|\bdinner\b",
        r"^.{1,40}$",
        r"\.\.\.",
        r"\bmy\b",
        r"\bhe\b|\bshe\b",
    ),
}

SENTIMENT = {
    "positive": (
        r"\b(great|excellent|superb|terrific|wonderful)\b",
        r"\b(best|finest)\b",
        r"\b(love|loved|lovely|charming|delightful)\b",
        r"\b(funny|hilarious|witty)\b",
        r"\b(beautiful|beautifully|gorgeous)\b",
        r"\b(moving|touching|powerful)\b",
        r"\b(enjoy|enjoyable|entertaining|fun)\b",
        r"\b(brilliant|masterpiece|fascinating)\b",
        r"\b(good|well)\b",
        r"\b(fresh|original|smart|clever)\b",
        r"\b(engaging|compelling|gripping|satisfying)\b",
        r"\bworth\b",
    ),
    "negative": (
        r"\b(bad|badly|awful|terrible|horrible)\b",
        r"\b(worst|worse)\b",
        r"\b(boring|dull|tedious|bland)\b",
        r"\b(stupid|silly|dumb|ridiculous)\b",
        r"\b(fails?|failed|failure)\b",
        r"\b(lacks?|lacking|without)\b",
        r"\btoo\b",
        r"\b(mess|waste|wasted|pointless)\b",
        r"\b(predictable|cliche|cliches|formulaic|contrived)\b",
        r"\b(never|nothing|no)\b",
        r"\b(unfortunately|disappointing|disappointment)\b",
        r"\b(bore|flat|lame)\b",
    ),
}
"""Written before any look at that set, to confirm what was chosen on the others."""

_CLINC = """
accept_reservations: reservations? .*(accept|take|allow)|(accept|take|allow).* reservations?
account_blocked: account.*(block|locked|hold)|(block|hold|locked).*account
alarm: \\balarm\\b; wake me
application_status: application; status of my application
apr: \\bapr\\b; annual percentage
are_you_a_bot: \\b(bot|robot|computer|human|real person)\\b
balance: balance; how much (money )?.*(have|is) in my .*account
bill_balance: how much .*\\bbill\\b; (total|balance|amount).*\\bbills?\\b
bill_due: bill.*due; when.*\\bbill\\b
book_flight: (book|find|get).*(flight|plane|ticket)
book_hotel: hotel; (book|get) .*room
calculator: \\b\\d+ ?(plus|minus|times|divided|x|\\+|\\*|-)\\b; square root; \\b(add|multiply|divide|subtract)\\b
calendar: (on|in|check) my calendar; calendar for
calendar_update: (add|put|remove|delete|cancel|clear).*calendar
calories: calor
cancel: cancel; never ?mind; stop that
cancel_reservation: cancel.*(reservation|table|booking)
car_rental: rent.*\\b(car|suv|vehicle)|car rental
card_declined: card.*(declin|reject|not work|denied); declin
carry_on: carry.?on
change_accent: accent
change_ai_name: (change|call) (your name|you)\\b; your (new )?name (is|to|should)
change_language: (change|switch|set).*language; speak (in )?(spanish|french|german|english)
change_speed: (talk|speak|talking|speaking).*(fast|slow); (faster|slower|speed)
change_user_name: call me; (change|my) name (to|is)
change_volume: volume; (louder|quieter)
confirm_reservation: confirm.*reservation; (reservation|booking).*(confirm|still)
cook_time: how long.*(cook|bake|boil|roast|fry|oven); (cook|bake|boil) time
credit_limit: credit limit; limit (on|of|for) my
credit_limit_change: (increase|raise|higher|change|up).*(credit )?limit
credit_score: credit (score|rating)
current_location: where am i; (my|current) location
damaged_card: card.*(damag|broke|bent|snap|scratch|melt|chew); (damaged|bent|broken).*card
date: (what|today).*\\bdate\\b; what day
definition: (what|tell).*(mean|definition); define; definition
direct_deposit: direct deposit; deposit.*paycheck
directions: directions; how (do|can|to).* get to
distance: how far; distance; how long .*(drive|take to get)
do_you_have_pets: \\bpets?\\b; you (have|own) (a|any) (dog|cat)
exchange_rate: exchange; \\b(dollars|euros|yen|pesos|pounds|rubles)\\b.*\\b(in|to|into|for)\\b
expiration_date: card.*expir; expir.*card; expiration
find_phone: (find|locate|where|lost|misplaced).*\\bphone\\b
flight_status: flight.*(status|on time|delay|land|arriv|board); (status|delayed).*flight
flip_coin: coin; heads or tails
food_last: how long .*(last|good|keep|fresh)|(still|go) (good|bad)|expire
freeze_account: (freeze|hold|block|stop).*account
fun_fact: fact; something interesting
gas: (enough|much|get|need).*\\bgas\\b; gas (tank|station|level)
gas_type: (type|kind|sort|octane).*\\b(gas|fuel)\\b
goodbye: \\b(good ?bye|bye|see you|later|farewell|take care)\\b; nice (talking|chatting)
greeting: \\b(hi|hello|hey|greetings|good (morning|evening|afternoon))\\b; (how are you|what's up|how.s it going)
how_busy: (how busy|crowded|wait time|how long.* wait)
how_old_are_you: (how old|your age|your birthday|what age)
improve_credit_score: (improve|raise|increase|boost|better|build).*credit (score|rating)
income: (my|how much).*(income|salary|earn|make (a|per))
ingredient_substitution: (substitut|instead of|replace|swap|in place of)
ingredients_list: ingredients; what.*(goes|need|go) (in|into|to make)
insurance: insurance; (my|health) (plan|coverage|benefits)
insurance_change: (change|switch|new|different).*(insurance|health plan)
interest_rate: interest
international_fees: (international|foreign).*(fee|charge|cost|transaction); (fee|charge).*(abroad|international|overseas)
international_visa: \\bvisa\\b
jump_start: jump; dead battery
last_maintenance: last.*(maintenance|service|oil|checked|tune)
lost_luggage: (luggage|suitcase|baggage|\\bbags?\\b)
make_call: \\b(call|dial|phone|ring) (my|mom|dad|the|up|[a-z]+)\\b; make a (phone )?call
maybe: \\b(maybe|perhaps|not sure|possibly|might|unsure|don't know|either)\\b
meal_suggestion: (what|suggest|idea|recommend).*(dinner|meal|eat|cook|lunch|breakfast|dish)
meaning_of_life: meaning of (life|all)|(purpose|point) of (life|living|existence)
measurement_conversion: (how many|convert).*(inch|feet|foot|cup|ounce|gram|meter|mile|pint|quart|teaspoon|tablespoon|pound|liter|kilo|yard|gallon)
meeting_schedule: (have|any|what|when).*meetings?
min_payment: minimum; (least|lowest).*pay
mpg: \\bmpg\\b; (miles|mileage).*(gallon|gas)|gas mileage
new_card: (new|apply|get|open|another).*(credit )?card
next_holiday: holiday; next .*day off
next_song: (next|skip).*(song|track|tune)?; skip
no: ^no\\b|\\b(nope|nah|negative|false|incorrect|not true)\\b; disagree
nutrition_info: nutrition; (healthy|how much (fat|sugar|protein|sodium)|carbs)
oil_change_how: how.*change.*oil; (steps|instructions).*oil
oil_change_when: when.*oil; (due|next|need).*oil change
order: (order|buy|purchase) (me|some|a|more|the)\\b
order_checks: (order|get|need|more|new).*\\b(checks|checkbook|check book)
order_status: (where|status|track|when).*(order|package|delivery)
pay_bill: pay.*\\b(bill|electric|water|cable|phone|rent|utilit)
payday: payday; (next|when).*(paycheck|pay check|get paid|paid)
pin_change: (change|reset|new|update|forgot).*\\bpin\\b; \\bpin\\b
play_music: play (me )?(some|a|the|my|music|songs?|something); music
plug_type: (plug|socket|outlet|converter|adapter)
pto_balance: (how many|how much|left|remaining).*(pto|vacation|days off|time off|leave)
pto_request: (request|need|take|put in|want|ask).*(pto|vacation|days? off|time off|leave)
pto_request_status: (request|pto|vacation|time off|days off).*(approved|status|go through|denied|accepted|cleared)
pto_used: (used|taken|spent).*(pto|vacation|days off|time off|leave)|(pto|vacation|days off).*(used|taken)
recipe: recipe; how (do|can|to) .*(make|cook|prepare)
redeem_rewards: (redeem|use|cash|spend).*(reward|points)
reminder: (reminders|what.*remind|remind.*list)
reminder_update: remind me; (set|add|create|make).*reminder
repeat: (repeat|say).*(again|that)?; say (that|it) (again|one)|what did you say
replacement_card_duration: (how long|when).*(replacement|new) .*card|(new|replacement) card.*(arrive|get here|come|long|mail)
report_fraud: fraud; (suspicious|unauthorized|didn't make|did not make|stole)
report_lost_card: (lost|stolen|missing|can't find|misplaced).*card
reset_settings: (reset|restore|factory|default).*; settings
restaurant_reservation: (reserv|book|table).*(for|at|restaurant)
restaurant_reviews: review; (is|how).*(restaurant|food at).*(good|any good|rated|rating)
restaurant_suggestion: (suggest|recommend|find|good|best|where).*(restaurant|place to eat|places|food|cuisine)
rewards_balance: (reward|points).*(balance|have|earned|many|much)|(how many|how much|balance).*(reward|points)
roll_dice: \\b(dice|die)\\b; \\broll\\b
rollover_401k: (401k|401 k|rollover|roll over)
routing: routing
schedule_maintenance: (schedule|appointment|book|bring|take).*(car|mechanic|maintenance|service|tune|oil)
schedule_meeting: (schedule|set up|book|arrange|reserve).*(meeting|conference room)
share_location: (share|send|tell).*(location|where i am)
shopping_list: (what|is|on|read|tell).*(shopping|grocery|groceries) ?list
shopping_list_update: (add|put|remove|delete|take|clear|buy|erase).*(shopping|grocery) ?list
smart_home: (turn|switch) (on|off|up|down)|\\b(lights?|thermostat|lamp|tv)\\b
spelling: spell
spending_history: (how much|what|show|tell).*(spen[dt]|spending)
sync_device: (sync|pair|connect|unsync|disconnect)
taxes: \\btax(es)?\\b
tell_joke: joke; (funny|laugh)
text: (send|text|message).*(text|message|to|tell|that)\\b; \\btext\\b
thank_you: thank; (appreciate|grateful)
time: what time|(current|the) time\\b
timer: timer; (set|start|countdown).*(minute|second|hour)
timezone: time ?zone
tire_change: (change|replace|fix|new|put on).*\\btires?\\b
tire_pressure: (tire|tires).*(pressure|air|psi|inflat)|air in .*tires?
todo_list: (what|is|on|read|tell|check).*(to.?do|task|chore)
todo_list_update: (add|put|remove|delete|take|clear|erase|cross).*(to.?do|task|chore)
traffic: traffic; (congest|road)
transactions: transactions?; (recent|last) (purchase|charge)
transfer: transfer; (move|send|wire) .*(money|dollars|\\$|funds)
translate: translate; how (do|would|can|to) .*say; in (spanish|french|german|italian|chinese|japanese)
travel_alert: (travel|safe|safety).*(alert|warning|advisor|safe|dangerous)|safe to (travel|visit|go)
travel_notification: (let|tell|inform|notify|know).*bank|(travel|trip|going|be in).*(notif|bank|card)
travel_suggestion: (what|things|places|tourist|attraction|sight|fun|see|do).*(in|visit|while|do in|see in) [a-z]+
uber: \\b(uber|lyft|cab|taxi)\\b; \\bride\\b
update_playlist: playlist
user_name: (what|say|tell|know|remember).*my name|(who am i|call me by)
vaccines: (vaccin|shots?|immuniz)
w2: \\bw-?2s?\\b
weather: (weather|rain|forecast|temperature|snow|sunny|hot|cold|umbrella)
what_are_your_hobbies: (hobb|free time|for fun|like to do|pastime)
what_can_i_ask_you: (what can|what (kind|sort|type)|things|what are).*(ask|you do|help|questions|topics)
what_is_your_name: your name|(what|who) (should|do|can) i call you|who are you
what_song: (what|name|which|who).*(song|track|tune|playing|singing|sings)
where_are_you_from: where (are|were|do) you (from|born|made|come|live)|(hail|originate|birthplace|hometown)
whisper_mode: whisper; (quiet|soft).*(voice|mode|down)
who_do_you_work_for: (who|whom).*(work|boss|employ|answer to)|your (boss|employer)
who_made_you: (who|what|company|when).*(made|created|built|programmed|designed|developed|invented|build) you|your (creator|maker)
yes: \\b(yes|yeah|yep|yup|sure|affirmative|true|correct|right|okay|agreed?|of course|indeed)\\b
"""

CLINC = {line.partition(": ")[0]: tuple(line.partition(": ")[2].split("; ")) for line in _CLINC.strip().splitlines()}
"""Class -> patterns, each a rule."""

/**
 * Weights that decide whether a sentence belongs to a sensitive topic, as data. A topic is not its vocabulary: "the
 * health check of the service" is no health advice. So each topic has *subjects* (what it is about) and, where it is a
 * kind of speech, *acts* (advising, claiming); a sentence needs both, and together `from` points. *Phrases* mark the
 * topic alone. `innocent` phrases are removed from a sentence first.
 *
 * Words are compared without case, plurals folded on; `|` separates entries, `:` gives the points (default 1).
 */

export interface TopicData {
  readonly topic: 'politics' | 'health_advice' | 'financial_advice' | 'legal_claims'
  readonly from: number
  /** Without an act no sum of subjects is enough. */
  readonly needs_act: boolean
  readonly acts: string
  readonly subjects: string
  readonly phrases: string
  readonly innocent: string
}

const advising = `should:2|shouldn't:2|should not:2|must:2|must not:2|never:1|always:1|ought to:2|need to:2|needs to:2|have to:2|
advise:2|advised:2|advisable:2|we recommend:2|recommend:2|recommended:2|it is best to:2|best to:2|make sure:2|do not:2|don't:2|
avoid:2|try to:1|consider:1|be sure to:2|remember to:2|are told to:2|are urged to:2|is urged to:2|suggest:1|had better:2|
you can:1|can safely:2|it is safe to:2|if you:1`

export const topicData: readonly TopicData[] = [
  {
    topic: 'health_advice',
    from: 5,
    needs_act: true,
    acts: `${advising}|take:2|drink:2|apply:1|swallow:2|inhale:2|inject:2|rest:1|stop taking:2|consult:2|seek:2|call:1|
give:1|use:1|stay:1|keep:1|cool:1|eat:1|lie down:2|loosen:1|check on:1|prescribe:2`,
    subjects: `patient:2|medication:3|medicine:3|drug:2|dose:3|dosage:3|tablet:2|pill:2|capsule:1|antibiotic:3|painkiller:3|
ibuprofen:3|paracetamol:3|acetaminophen:3|aspirin:3|insulin:3|penicillin:3|amoxicillin:3|metformin:3|warfarin:3|statin:3|
steroid:2|vaccine:2|vaccination:2|supplement:1|vitamin:2|electrolyte:2|rehydration:2|symptom:2|fever:2|headache:2|dizziness:2|
dizzy:2|nausea:2|cramp:2|vomiting:2|rash:2|infection:2|inflammation:2|dehydration:3|dehydrated:3|heatstroke:3|heat stroke:3|
heat exhaustion:3|heat rash:2|sunburn:2|sunscreen:2|fainting:2|unconscious:2|blood pressure:3|blood sugar:3|heart disease:3|
heart condition:3|kidney disease:3|diabetes:3|diabetic:3|asthma:3|cancer:3|allergy:2|allergic:2|pregnant:2|pregnancy:3|
breastfeeding:2|your doctor:3|doctor:1|physician:2|pharmacist:2|nurse:1|hospital:1|emergency room:2|ambulance:1|therapy:2|treatment:1|diagnosis:2|
body temperature:3|pulse:1|chronic illness:3|illness:2|disease:2|glass of water:2|glasses of water:2|litre of water:2|litres of water:2|
liters of water:2|plenty of water:2|plenty of fluids:3|enough water:2|fluids:2|salty food:1|mg:3|milligram:3|mcg:3|bedtime:1|
older people:1|elderly:1|babies:1|infants:2|overheated:1|overheat:1|wet cloth:2|cool shower:2|skin:1|wound:2|burn:1`,
    phrases: `twice a day with food:5|times a day after meals:5|one tablet:3|two tablets:3|tablets a day:5|tablets every:3|take one tablet:5|take two tablets:5|seek medical attention:5|seek medical help:5|seek medical advice:5|
get medical help:5|consult a doctor:5|consult your doctor:5|see a doctor:5|ask your doctor:5|talk to your doctor:5|
call your doctor:5|tell your doctor:5|drink water before you are thirsty:5|even if you are not thirsty:5`,
    innocent: `health check|health checks|health endpoint|health score|healthy|patient records|take part|take place|took place|drug store|
patient with|be patient|side effect|virus scanner|computer virus|dose of|pulse width|hospital budget|burn rate|burn down|memory leak`,
  },
  {
    topic: 'financial_advice',
    from: 4,
    needs_act: true,
    acts: `${advising}|buy:2|sell:2|invest:2|invest in:3|hold on to:1|short:1|diversify:2|refinance:2|put your:2|move your:2|borrow:1|
will double:2|will outperform:2|guaranteed:2|guarantee:2|undervalued:2|overvalued:2`,
    subjects: `stock:2|share:1|bond:2|etf:3|index fund:3|mutual fund:3|hedge fund:2|equity:2|equities:2|crypto:3|cryptocurrency:3|
bitcoin:3|ethereum:2|token sale:2|portfolio:2|dividend:2|savings:2|mortgage:2|pension:2|retirement savings:3|annuity:3|interest rate:1|
return:1|returns:1|your money:2|yield:1|gold:1|real estate:1|securities:2|brokerage:2|broker:1|short position:3|leverage:1|options trading:3|
credit card debt:2|loan:1|tax deduction:2|investor:2|investment:2|asset allocation:3|treasury:1|insurance policy:1`,
    phrases: `buy the dip:4|guaranteed return:4|guaranteed returns:4|risk-free return:4|risk free return:4|risk-free profit:4|get rich:4|
strong buy:4|price target:4|financial freedom:4|can't lose:4|cannot lose money:4|double your money:4`,
    innocent: `in stock|out of stock|stock level|share of|market share|share a|share the|share this|shared|return value|return to|
must return|bond with|token bucket|invest time|return the|rolling stock|housing stock|return home|return ticket|to share`,
  },
  {
    topic: 'legal_claims',
    from: 4,
    needs_act: true,
    acts: `liable:2|illegal:2|illegally:2|unlawful:2|unlawfully:2|lawful:1|violate:2|violated:2|violation:1|infringe:3|infringed:3|infringement:2|
breach:2|breached:2|guilty:2|negligent:3|fraud:2|fraudulent:2|defamation:3|sue:3|sued:3|suing:3|entitled to:2|you may claim:3|
fully complies with:2|fully compliant with:2|complies with:2|in full compliance with:2|legally required:2|legally binding:2|
legally obliged:2|prohibited by:2|required by:1|guaranteed by:2|admissible:2|waive:2|forfeit:2|must by law:3|has the right to:1|have the right to:1`,
    subjects: `law:2|statute:2|regulation:2|gdpr:3|hipaa:3|ccpa:3|patent:2|copyright:2|trademark:2|contract:2|court:2|judge:1|lawsuit:3|
plaintiff:3|defendant:3|compensation:2|damages:2|warranty:2|liability:2|rights:1|your rights:2|license agreement:2|employment law:3|
tenant:1|landlord:1|negligence:2|settlement:1|legal action:3|attorney:2|lawyer:2|evidence:1|verdict:1|directive:1|act of parliament:2|
constitution:2|accident:1|company:1|injury:1|manufacturer:1|refund:1|damage:1|loss:1`,
    phrases: `take legal action:4|legal action against:4|you can sue:4|you may sue:4|we will sue:4|is liable for:4|are liable for:4|
liable for damages:4|entitled to compensation:4|against the law:4|breach of contract:4|violates the law:4|breaks the law:4|
copyright infringement:4|patent infringement:4|guilty of:4|admission of guilt:4|constitutes fraud:4|legal advice:3|is illegal:4|gdpr compliant:4|gdpr-compliant:4|hipaa compliant:4|hipaa-compliant:4`,
    innocent: `legal name|illegal argument|illegal state|illegal character|illegal instruction|access violation|constraint violation|
breach of the dam|api contract|interface contract|smart contract|policy violation|segmentation fault|moore's law|law of large numbers|
in-law|brother-in-law|unique violation|foreign key|data breach drill|heat exposure`,
  },
  {
    topic: 'politics',
    from: 4,
    needs_act: false,
    acts: '',
    subjects: `election:2|elections:2|electoral:2|referendum:3|ballot:2|voter:2|voters:2|candidate:1|candidacy:2|politician:3|
politicians:3|political:2|politics:2|senator:3|congressman:3|congresswoman:3|congress:1|parliament:2|prime minister:3|chancellor:2|
president:1|presidential:2|democrat:3|democrats:3|republican:3|republicans:3|conservatives:2|liberals:2|socialist:3|socialists:3|
communist:3|left-wing:3|right-wing:3|far-right:4|far-left:4|populist:3|partisan:2|lobbyist:2|impeach:3|impeachment:3|coalition:1|
opposition:1|immigration policy:3|abortion:4|gun control:4|death penalty:3|minister:2|government:1|ruling party:3|party:1|
white house:2|supreme court:2|campaign rally:3|propaganda:2|trump:3|biden:3|putin:3|brexit:4|labour party:4|green party:4|tories:4`,
    phrases: `vote for:4|vote against the government:4|political party:4|political parties:4|election campaign:4|won the election:4|
lost the election:4|rigged election:4|elect our:4|re-elect:4|step down as president:4|overthrow:4|regime change:4`,
    innocent: `leader election|master election|candidate release|release candidate|job candidate|candidate key|vice president of|
third party|third-party|party to|political map|president of the company|relying party|party of|election timeout|candidate node|voter node|
vote for it|vote for this issue|opposition to|candidate sentence|garden party|birthday party`,
  },
]

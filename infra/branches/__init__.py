"""Far branches: a centre with a bad line records in its own store and sends when the line is up.

What its store recorded goes through Kafka as it was recorded, with the ids that the branch's
devices gave; the country records each once, whatever is repeated or delayed, and answers the same
way. Texts, pictures and applicants stay in the branch's vault.
"""

"""How far each stage gets where the truth is known, in three tiers that are never averaged."""

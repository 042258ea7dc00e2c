"""Aurora: what each validator earned and cost, what each partner is owed, and the proof down to the bytes."""

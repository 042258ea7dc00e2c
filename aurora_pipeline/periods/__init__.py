"""What a (chain, epoch) is: keys, discovery, finality, and which validators and stake the operator calls its own."""

"""Solana Beach's figures per validator."""

"""Tests of who may read and write what."""

"""What a teacher makes of the notebooks: slides, a hand-out, sheets to explain from memory."""

"""What an evaluation is worth: judged by the rules of the development set, drawn as curves, told on a page."""

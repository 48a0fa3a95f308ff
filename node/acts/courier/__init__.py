"""Letters: queue one with the act it belongs to, send it until it is signed for, receive it once."""

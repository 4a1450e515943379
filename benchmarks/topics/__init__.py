"""One module a topic: each exports `TOPIC`, with its rows and the function that measures them."""

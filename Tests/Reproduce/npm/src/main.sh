echo "a shop"

# The name of the action is the last argument.
case "$1" in
  hello) text="Hello from a shell script" ;;
  goodbye) text="Goodbye from a shell script" ;;
esac
echo "running $1" >&2
printf '{"text": "%s"}\n' "$text"

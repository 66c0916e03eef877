# Runs one command of a buildspec in the shell that the commands before it left behind, and leaves it to the next.
#   bash run_command.bash STATE COMMAND
# STATE is sourced first and written last: variables (exported or not), functions, the working directory. One long
# shell would lose all of it to the first `exit`; this way `exit 1` fails the command and POST_BUILD still sees the rest.
__codebuild_state=$1 __codebuild_command=$2
set --

__codebuild_save() {
  (
    set +eux
    exec 2>/dev/null
    printf 'cd -- %q\n' "$PWD"
    compgen -v | while IFS= read -r __codebuild_name; do
      case $__codebuild_name in
        BASH* | COMP_* | DIRSTACK | EPOCH* | EUID | FUNCNAME | GROUPS | LINENO | PIPESTATUS | PPID) continue ;;
        RANDOM | SECONDS | SHELLOPTS | SRANDOM | UID | _ | __codebuild_*) continue ;;
        # CodeBuild's own, new for every command.
        CODEBUILD_BUILD_SUCCEEDING) continue ;;
      esac
      [[ ${!__codebuild_name@a} == *r* ]] || declare -p "$__codebuild_name"
    done
    declare -f
    declare -Fx
  ) >"$__codebuild_state.new"
  mv -f "$__codebuild_state.new" "$__codebuild_state"
}

[[ -f $__codebuild_state ]] && source "$__codebuild_state"
trap __codebuild_save EXIT
source "$__codebuild_command"
__codebuild_status=$?
# Here as well: the command may have set an EXIT trap of its own.
__codebuild_save
exit "$__codebuild_status"

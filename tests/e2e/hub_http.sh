#!/bin/sh
# hub_http.sh - a stock hub over smart HTTP for tests: nginx, basic auth, fcgiwrap, git http-backend, on 127.0.0.1.
#
#   . tests/e2e/hub_http.sh
#   hub_http_start WORK ROOT USER PASSWORD   serves the bare repositories under ROOT; WORK takes configuration and logs
#                                            sets HUB_HTTP_PORT and HUB_HTTP_URL (http://127.0.0.1:PORT)
#   hub_http_user USER PASSWORD              adds a login
#   hub_http_stop
# HUB_HTTP_CGI, when set, is the program that answers instead of git http-backend.
# or   sh tests/e2e/hub_http.sh WORK ROOT USER PASSWORD   prints the URL and serves until a signal comes
#
# Works as root and as anybody. Each file of WORK must have a short path: a socket lies there.

hub_http_user() {
    printf '%s:{PLAIN}%s\n' "$1" "$2" >>"$hub_http_work/htpasswd"
}

hub_http_config() {
    if [ "$(id -u)" = 0 ]; then echo "user root;"; fi
    cat <<END
daemon off;
worker_processes 1;
pid $hub_http_work/nginx.pid;
error_log $hub_http_work/error.log warn;
events { worker_connections 64; }
http {
    access_log $hub_http_work/access.log;
    client_body_temp_path $hub_http_work/body;
    proxy_temp_path $hub_http_work/proxy;
    fastcgi_temp_path $hub_http_work/fastcgi;
    uwsgi_temp_path $hub_http_work/uwsgi;
    scgi_temp_path $hub_http_work/scgi;
    client_max_body_size 0;
    server {
        listen 127.0.0.1:$HUB_HTTP_PORT;
        location / {
            auth_basic "hub";
            auth_basic_user_file $hub_http_work/htpasswd;
            fastcgi_pass unix:$hub_http_work/fcgi.sock;
            fastcgi_read_timeout 300;
            fastcgi_param SCRIPT_FILENAME ${HUB_HTTP_CGI:-$(git --exec-path)/git-http-backend};
            fastcgi_param GIT_PROJECT_ROOT $hub_http_root;
            fastcgi_param GIT_HTTP_EXPORT_ALL "";
            fastcgi_param PATH_INFO \$uri;
            fastcgi_param REMOTE_USER \$remote_user;
            fastcgi_param REMOTE_ADDR \$remote_addr;
            fastcgi_param REQUEST_METHOD \$request_method;
            fastcgi_param QUERY_STRING \$query_string;
            fastcgi_param CONTENT_TYPE \$content_type;
            fastcgi_param CONTENT_LENGTH \$content_length;
            fastcgi_param HTTP_CONTENT_ENCODING \$http_content_encoding;
            fastcgi_param HTTP_GIT_PROTOCOL \$http_git_protocol;
        }
    }
}
END
}

# A port is free when nginx can listen on it; another one is tried when it cannot. None of those that the kernel gives to whoever
# connects (from 32768 on).
hub_http_start() {
    mkdir -p "$1"
    hub_http_work=$(cd "$1" && pwd) hub_http_root=$(cd "$2" && pwd)
    : >"$hub_http_work/htpasswd"
    hub_http_user "$3" "$4"
    PATH=$PATH:/usr/sbin
    rm -f "$hub_http_work/fcgi.sock"
    setsid fcgiwrap -c 4 -s "unix:$hub_http_work/fcgi.sock" >"$hub_http_work/fcgi.log" 2>&1 &
    hub_http_fcgi=$!
    hub_http_try=0
    while [ $hub_http_try -lt 20 ]; do
        HUB_HTTP_PORT=$((20000 + ($$ * 7 + hub_http_try * 997 + $(date +%S | sed 's/^0//') * 131) % 6000))
        hub_http_config >"$hub_http_work/nginx.conf"
        nginx -p "$hub_http_work" -c "$hub_http_work/nginx.conf" -e "$hub_http_work/error.log" 2>>"$hub_http_work/start.log" &
        hub_http_nginx=$!
        hub_http_wait=0
        while [ $hub_http_wait -lt 50 ] && kill -0 $hub_http_nginx 2>/dev/null; do
            if [ -s "$hub_http_work/nginx.pid" ] && [ -S "$hub_http_work/fcgi.sock" ]; then
                HUB_HTTP_URL=http://127.0.0.1:$HUB_HTTP_PORT
                return 0
            fi
            sleep 0.1
            hub_http_wait=$((hub_http_wait + 1))
        done
        kill $hub_http_nginx 2>/dev/null || true
        wait $hub_http_nginx 2>/dev/null || true
        hub_http_try=$((hub_http_try + 1))
    done
    cat "$hub_http_work/start.log" "$hub_http_work/error.log" >&2
    hub_http_stop
    return 1
}

hub_http_stop() {
    # fcgiwrap leaves its workers behind: its whole group ends
    if [ -n "${hub_http_nginx:-}" ]; then kill "$hub_http_nginx" 2>/dev/null || true; fi
    if [ -n "${hub_http_fcgi:-}" ]; then kill -- "-$hub_http_fcgi" 2>/dev/null || true; fi
    wait ${hub_http_nginx:-} ${hub_http_fcgi:-} 2>/dev/null || true
    hub_http_nginx= hub_http_fcgi=
}

case ${0##*/} in
hub_http.sh)
    set -eu
    [ $# = 4 ] || { echo "usage: $0 WORK ROOT USER PASSWORD" >&2; exit 2; }
    hub_http_start "$@"
    trap 'hub_http_stop; exit 0' INT TERM
    echo "$HUB_HTTP_URL"
    wait "$hub_http_nginx"
    ;;
esac

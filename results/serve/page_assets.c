/* The files that pages load: the style, the script, the icon. */
#include "results/serve/page.h"

static const char style[] =
    "body{padding-top:.8rem}main{display:block}a{color:var(--fill)}\n"
    "header nav{display:flex;flex-wrap:wrap;gap:.2rem 0;font-size:.9rem;margin-bottom:.6rem;color:var(--soft)}\n"
    "header nav a+a::before{content:\"/\";color:var(--soft);margin-right:.8rem;text-decoration:none;"
    "display:inline-block}\n"
    "th a{color:inherit;text-decoration:none;white-space:nowrap}th a:hover{text-decoration:underline}\n"
    "th[aria-sort] a{color:var(--ink)}tbody tr:hover td{background:var(--mark)}\n"
    "a:focus-visible,button:focus-visible,input:focus-visible,summary:focus-visible,.scroll:focus-visible{"
    "outline:2px solid var(--fill);outline-offset:2px}\n"
    "form{display:flex;flex-wrap:wrap;gap:.5rem .8rem;align-items:end;margin:.8rem 0;font-size:.9rem}\n"
    "label{color:var(--soft);display:flex;flex-direction:column;gap:.15rem}label.tick{flex-direction:row;gap:.4rem;"
    "align-items:center;padding-bottom:.35rem}label.wide{flex:1 1 20rem}\n"
    "input,select,button{font:inherit;color:var(--ink);background:var(--page);border:1px solid var(--soft);"
    "border-radius:4px;padding:.3rem .5rem;max-width:100%;box-sizing:border-box}\n"
    "label.wide input{width:100%;font-family:ui-monospace,monospace}\n"
    "button{cursor:pointer;padding:.3rem .9rem}button:hover{border-color:var(--fill)}\n"
    ".boxes{display:grid;grid-template-columns:repeat(auto-fit,minmax(8.5rem,1fr));gap:.6rem;margin:.6rem 0 1rem}\n"
    ".boxes div{border:1px solid var(--line);border-radius:6px;padding:.5rem .7rem;min-width:0}\n"
    ".boxes dt{color:var(--soft);font-size:.82rem;overflow-wrap:anywhere}.boxes dd{margin:0;font-size:1.15rem;"
    "font-variant-numeric:tabular-nums;overflow-wrap:anywhere}.boxes dd.note{font-size:.82rem}\n"
    ".state{border:1px solid currentColor;border-radius:1rem;padding:.05rem .55rem;font-size:.82rem;"
    "white-space:nowrap}.boxes .state{font-size:.95rem}\n"
    ".running{color:var(--s0)}.complete{color:var(--s2)}.interrupted,.pruned{color:var(--s4)}"
    ".failed,.killed{color:var(--s1)}\n"
    ".warning{border-left:4px solid var(--s1);background:var(--mark);padding:.5rem .8rem;margin:.6rem 0}\n"
    ".warning code{display:block;margin-top:.2rem}[hidden]{display:none}\n"
    ".pager{display:flex;flex-wrap:wrap;gap:.3rem 1rem;margin:.7rem 0;font-size:.9rem;align-items:baseline}"
    ".pager span{color:var(--soft)}\n"
    ".curves{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(22rem,100%),1fr));gap:1rem}\n"
    ".facts th{width:9rem;padding-right:1rem}.facts td{overflow-wrap:anywhere}\n"
    "details{margin:.8rem 0}summary{cursor:pointer;color:var(--soft)}\n"
    "td{max-width:34rem}td bdi{overflow-wrap:break-word}.when{white-space:nowrap}footer{margin-top:2rem;border-top:1px "
    "solid var(--line);padding-top:.3rem}\n"
    "@media (max-width:40rem){body{padding:.6rem .7rem 2rem}td{min-width:2.5rem}.boxes{"
    "grid-template-columns:repeat(auto-fit,minmax(7rem,1fr))}.facts th{width:6rem}}\n";

/* Loads the page again while a study on it runs, and puts the parts that differ in the place of the old ones. It waits
 * twenty times as long as the last answer took and a second at least, so that looking on costs little; it rests while
 * nobody sees the page, keeps the focus and the sideways scroll, and leaves a part alone in which text is selected. */
static const char script[] =
    "'use strict';\n"
    "(function () {\n"
    "  var timer = 0, lost = document.getElementById('lost');\n"
    "  function wait(ms) { clearTimeout(timer); timer = setTimeout(refresh, ms); }\n"
    "  function selected(part) {\n"
    "    var s = getSelection();\n"
    "    return s && !s.isCollapsed && (part.contains(s.anchorNode) || part.contains(s.focusNode));\n"
    "  }\n"
    "  function replace(old, fresh) {\n"
    "    if (!fresh || fresh.innerHTML === old.innerHTML || selected(old)) return;\n"
    "    var focus = old.contains(document.activeElement) ? document.activeElement.getAttribute('href') : null;\n"
    "    var left = Array.from(old.querySelectorAll('.scroll'), function (e) { return e.scrollLeft; });\n"
    "    old.replaceChildren.apply(old, Array.from(fresh.childNodes));\n"
    "    old.querySelectorAll('.scroll').forEach(function (e, i) { e.scrollLeft = left[i] || 0; });\n"
    "    if (focus !== null) old.querySelectorAll('a').forEach(function (a) {\n"
    "      if (a.getAttribute('href') === focus) a.focus({preventScroll: true});\n"
    "    });\n"
    "  }\n"
    "  function refresh() {\n"
    "    if (document.hidden || document.body.dataset.live !== '1') return;\n"
    "    var start = performance.now();\n"
    "    fetch(location.href, {cache: 'no-store', credentials: 'omit', redirect: 'error'}).then(function (answer) {\n"
    "      if (!answer.ok) throw new Error(answer.status);\n"
    "      return answer.text();\n"
    "    }).then(function (text) {\n"
    "      var page = new DOMParser().parseFromString(text, 'text/html');\n"
    "      document.querySelectorAll('[data-part]').forEach(function (old) {\n"
    "        replace(old, page.getElementById(old.id));\n"
    "      });\n"
    "      lost.hidden = true;\n"
    "      document.body.dataset.live = page.body.dataset.live || '';\n"
    "      wait(Math.min(30000, Math.max(1000, 20 * (performance.now() - start))));\n"
    "    }).catch(function () { lost.hidden = false; wait(5000); });\n"
    "  }\n"
    "  document.addEventListener('visibilitychange', function () { if (!document.hidden) wait(0); });\n"
    "  if (lost && document.body.dataset.live === '1') wait(1000);\n"
    "})();\n";

static const char icon[] =
    "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 16 16\"><path d=\"M2 13V3h12v3H5v2h7v3H5v2z\" "
    "fill=\"#0072b2\"/></svg>\n";

const char *fw_page_asset(enum fw_page_kind kind, const char **type)
{
    switch (kind) {
    case FW_PAGE_STYLE:
        *type = "text/css; charset=utf-8";
        return style;
    case FW_PAGE_SCRIPT:
        *type = "text/javascript; charset=utf-8";
        return script;
    case FW_PAGE_ICON:
        *type = "image/svg+xml";
        return icon;
    case FW_PAGE_STUDIES:
    case FW_PAGE_STUDY:
    case FW_PAGE_TRIAL:
    case FW_PAGE_REPORT:
    case FW_PAGE_API_STUDIES:
    case FW_PAGE_API_STUDY:
    case FW_PAGE_API_TRIALS:
    case FW_PAGE_API_TRIAL:
        break;
    }
    return NULL;
}

// SPDX-License-Identifier: GPL-2.0-or-later
/* --menu on the whole screen, by ncurses. Plain ASCII, for serial consoles. */

#include "base/library.h"
#include "menu/menu.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <errno.h>
#include <limits.h>
#include <locale.h>
#define NCURSES_NOMACROS 1
#include <ncurses.h>
#include <wchar.h>

static struct {
	__typeof__(newterm) *newterm;
	__typeof__(delscreen) *delscreen;
	__typeof__(endwin) *endwin;
	__typeof__(stdscr) *stdscr; /* the variable */
	__typeof__(raw) *raw;
	__typeof__(noecho) *noecho;
	__typeof__(nonl) *nonl;
	__typeof__(keypad) *keypad;
	__typeof__(set_escdelay) *set_escdelay;
	__typeof__(tigetstr) *tigetstr;
	__typeof__(wget_wch) *wget_wch;
	__typeof__(getmaxx) *getmaxx;
	__typeof__(getmaxy) *getmaxy;
	__typeof__(wmove) *wmove;
	__typeof__(waddnstr) *waddnstr;
	__typeof__(wattrset) *wattrset;
	__typeof__(werase) *werase;
	__typeof__(wrefresh) *wrefresh;
} nc;

static int load_library(struct ka_error *err)
{
	static const struct ka_symbol symbols[] = {
		{ &nc.newterm, "newterm" },   { &nc.delscreen, "delscreen" },
		{ &nc.endwin, "endwin" },     { &nc.stdscr, "stdscr" },
		{ &nc.raw, "raw" },	      { &nc.noecho, "noecho" },
		{ &nc.nonl, "nonl" },	      { &nc.keypad, "keypad" },
		{ &nc.wget_wch, "wget_wch" }, { &nc.set_escdelay, "set_escdelay" },
		{ &nc.tigetstr, "tigetstr" }, { &nc.getmaxx, "getmaxx" },
		{ &nc.getmaxy, "getmaxy" },   { &nc.wmove, "wmove" },
		{ &nc.waddnstr, "waddnstr" }, { &nc.wattrset, "wattrset" },
		{ &nc.werase, "werase" },     { &nc.wrefresh, "wrefresh" },
	};

	return ka_library_load(KA_LIBRARY_NCURSES, symbols, ARRAY_SIZE(symbols), err);
}

/* --- drawing */

/* A terminal of 80 by 24 has all of it; a smaller one shows fewer entries, then less of the details. */
#define DETAILS_ROWS 9
#define OTHER_ROWS   4 /* title, filter, the line above the details, keys */

/* The bytes of text that fit into so many columns; what is no character of this locale has one. */
static size_t fit(const char *text, int columns)
{
	const char *p = text;
	mbstate_t state = { 0 };

	while (*p) {
		wchar_t wide;
		size_t n = mbrtowc(&wide, p, strlen(p), &state);
		int width = n <= 6 ? wcwidth(wide) : 1;

		if (n > 6) {
			n = 1;
			state = (mbstate_t){ 0 };
		}
		columns -= width > 0 ? width : 0;
		if (columns < 0)
			break;
		p += n;
	}
	return (size_t)(p - text);
}

static void put(int y, int x, const char *text)
{
	WINDOW *w = *nc.stdscr;
	int columns = nc.getmaxx(w) - x;

	if (y >= nc.getmaxy(w) || columns <= 0)
		return;
	nc.wmove(w, y, x);
	nc.waddnstr(w, text, (int)fit(text, columns));
}

static void put_line(int y, char c)
{
	char line[256];
	size_t n = (size_t)nc.getmaxx(*nc.stdscr);

	n = n < sizeof(line) ? n : sizeof(line) - 1;
	memset(line, c, n);
	line[n] = '\0';
	put(y, 0, line);
}

/* A text on as many rows as it needs, at most until `end`; the row behind it. */
static int put_wrapped(int y, int end, const char *text)
{
	int columns = nc.getmaxx(*nc.stdscr);

	for (; *text && y < end; y++) {
		size_t n = fit(text, columns);

		if (n == 0)
			break;
		put(y, 0, text);
		text += n;
	}
	return y;
}

static void put_entries(struct ka_chooser *c, int y, int rows)
{
	size_t top;

	c->page = rows > 1 ? (size_t)rows : 1;
	top = c->cursor / c->page * c->page;
	for (size_t i = top; i < c->n_shown && i < top + c->page; i++) {
		_cleanup_free_ char *row = ka_chooser_row(c, c->shown[i]);

		nc.wattrset(*nc.stdscr, i == c->cursor ? (int)A_REVERSE : (int)A_NORMAL);
		put(y + (int)(i - top), 0, i == c->cursor ? ">" : " ");
		put(y + (int)(i - top), 1, row);
		nc.wattrset(*nc.stdscr, (int)A_NORMAL);
	}
	if (c->n_shown == 0)
		put(y, 2, "no entry fits");
}

static void put_details(const struct ka_chooser *c, int y, int end)
{
	_cleanup_strv_ char **details = ka_chooser_details(c);

	for (char *const *p = details; p && *p; p++)
		y = put_wrapped(y, end, *p);
}

/* The command line, in place of the details; the cursor is left where it is typed. */
static void put_edit(const struct ka_chooser *c, int y, int end)
{
	static const char label[] = "options: ";
	_cleanup_free_ char *text = ka_format("%s%s", label, c->line.text);
	int columns = nc.getmaxx(*nc.stdscr);
	size_t at = strlen(label) + c->line.at;
	const char *p = text;

	put_wrapped(y, end, text);
	for (; y < end - 1; y++) {
		size_t n = fit(p, columns);

		if (n == 0 || at < (size_t)(p - text) + n)
			break;
		p += n;
	}
	nc.wmove(*nc.stdscr, y, (int)(at - (size_t)(p - text)));
}

static const char *keys_of(const struct ka_chooser *c)
{
	if (c->notice)
		return c->notice;
	return c->is_editing ? "Enter keeps the command line, Esc leaves it as it was"
			     : "Enter restarts into it, Tab edits its command line, Esc leaves";
}

static void draw(struct ka_chooser *c)
{
	WINDOW *w = *nc.stdscr;
	int height = nc.getmaxy(w), details = DETAILS_ROWS, rows;
	_cleanup_free_ char *filter = ka_format("filter: %s", c->filter.text);

	if (details > height - OTHER_ROWS - 3)
		details = height - OTHER_ROWS - 3;
	if (details < 0)
		details = 0;
	rows = height - OTHER_ROWS - details;
	nc.werase(w);
	put(0, 0, "kexec-any: restart into");
	put_entries(c, 2, rows);
	put_line(2 + rows, '-');
	put(height - 1, 0, keys_of(c));
	if (c->is_editing) {
		put(1, 0, filter);
		put_edit(c, 3 + rows, height - 1);
	} else {
		put_details(c, 3 + rows, height - 1);
		put(1, 0, filter);
	}
	nc.wrefresh(w);
}

/* --- keys */

static enum ka_key special(wint_t code)
{
	switch (code) {
	case KEY_UP:
		return KA_KEY_UP;
	case KEY_DOWN:
		return KA_KEY_DOWN;
	case KEY_PPAGE:
		return KA_KEY_PAGE_UP;
	case KEY_NPAGE:
		return KA_KEY_PAGE_DOWN;
	case KEY_HOME:
		return KA_KEY_HOME;
	case KEY_END:
		return KA_KEY_END;
	case KEY_LEFT:
		return KA_KEY_LEFT;
	case KEY_RIGHT:
		return KA_KEY_RIGHT;
	case KEY_BACKSPACE:
		return KA_KEY_BACKSPACE;
	case KEY_DC:
		return KA_KEY_DELETE;
	case KEY_ENTER:
		return KA_KEY_ENTER;
	default:
		return KA_KEY_OTHER; /* KEY_RESIZE among them: what follows is drawn anew */
	}
}

#define CTRL(c) ((c)&0x1f)

static enum ka_key control(wint_t code)
{
	switch (code) {
	case '\r':
	case '\n':
		return KA_KEY_ENTER;
	case '\t':
		return KA_KEY_TAB;
	case '\b':
	case 0x7f:
		return KA_KEY_BACKSPACE;
	case 0x1b:
		return KA_KEY_ESCAPE;
	case CTRL('c'):
		return KA_KEY_INTERRUPT;
	case CTRL('u'):
		return KA_KEY_CLEAR;
	case CTRL('p'):
		return KA_KEY_UP;
	case CTRL('n'):
		return KA_KEY_DOWN;
	case CTRL('a'):
		return KA_KEY_HOME;
	case CTRL('e'):
		return KA_KEY_END;
	default:
		return KA_KEY_OTHER;
	}
}

/* Does the terminal still answer? text: at least MB_LEN_MAX + 1 bytes. */
static bool read_key(enum ka_key *ret, char *text)
{
	mbstate_t state = { 0 };
	wint_t code;
	size_t n;
	int r = nc.wget_wch(*nc.stdscr, &code);

	if (r == ERR)
		return false;
	if (r == KEY_CODE_YES) {
		*ret = special(code);
		return true;
	}
	*ret = code < ' ' || code == 0x7f ? control(code) : KA_KEY_TEXT;
	if (*ret != KA_KEY_TEXT)
		return true;
	n = wcrtomb(text, (wchar_t)code, &state);
	text[n == (size_t)-1 ? 0 : n] = '\0';
	return true;
}

/* --- all of it */

static bool can_move(void)
{
	char *sequence = nc.tigetstr("cup");

	return sequence && sequence != (char *)-1;
}

static int run(struct ka_chooser *c)
{
	enum ka_choice choice = KA_CHOICE_OPEN;

	nc.raw();
	nc.noecho();
	nc.nonl();
	nc.keypad(*nc.stdscr, true);
	nc.set_escdelay(100);
	while (choice == KA_CHOICE_OPEN) {
		char text[MB_LEN_MAX + 1] = "";
		enum ka_key key;

		draw(c);
		if (!read_key(&key, text))
			return 0;
		choice = ka_chooser_key(c, key, text);
	}
	return choice == KA_CHOICE_MADE;
}

int ka_screen_run(struct ka_chooser *chooser, struct ka_error *err)
{
	SCREEN *screen;
	int r = load_library(err);

	if (r < 0)
		return r;
	/* How wide characters are, and how they are written; the entries are known by now. */
	setlocale(LC_CTYPE, "");
	screen = nc.newterm(NULL, stdout, stdin);
	if (!screen)
		return ka_fail(err, -EOPNOTSUPP, "unknown terminal '%s'", getenv("TERM") ?: "");
	r = can_move() ? run(chooser) : -EOPNOTSUPP;
	nc.endwin();
	nc.delscreen(screen);
	setlocale(LC_CTYPE, "C");
	return r < 0 ? ka_fail(err, r, "the terminal cannot move its cursor") : r;
}

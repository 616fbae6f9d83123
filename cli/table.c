/* Text tables; see table.h. */
#include "cli/table.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/alloc.h"
#include "cli/width.h"

#define TABLE_COLOR_END "\033[0m"
/* A cell is cut here even where lines are not: a command line may be 128 KiB long. */
#define TABLE_CELL_MAX (128 * 1024)
#define TABLE_WIDTH_MIN 20

struct cell {
	size_t offset;
	size_t size;
	size_t columns;
	const char *color;
};

struct table {
	const struct table_column *columns;
	size_t column_count;
	struct cell *cells;
	size_t cell_count;
	size_t cell_room;
	char *text;
	size_t text_used;
	size_t text_room;
};

struct table *table_new(const struct table_column *columns, size_t count)
{
	struct table *table = alloc_zero(1, sizeof(*table));

	table->columns = columns;
	table->column_count = count;
	return table;
}

void table_free(struct table *table)
{
	if (!table)
		return;
	free(table->cells);
	free(table->text);
	free(table);
}

static size_t text_append(struct table *table, const char *text, size_t size)
{
	size_t offset = table->text_used;

	if (offset + size > table->text_room) {
		table->text_room = (offset + size) * 2;
		table->text = alloc_resize(table->text, table->text_room, 1);
	}
	memcpy(table->text + offset, text, size);
	table->text_used += size;
	return offset;
}

void table_add(struct table *table, const char *text, const char *color)
{
	struct cell *cell;

	if (table->cell_count == table->cell_room) {
		table->cell_room = table->cell_room ? table->cell_room * 2 : 256;
		table->cells = alloc_resize(table->cells, table->cell_room, sizeof(*cell));
	}
	cell = &table->cells[table->cell_count++];
	cell->size = strnlen(text, TABLE_CELL_MAX);
	cell->offset = text_append(table, text, cell->size);
	cell->columns = width_clean(table->text + cell->offset, cell->size);
	cell->color = color;
}

static void pad(size_t count, FILE *stream)
{
	if (count)
		fprintf(stream, "%*s", (int)count, "");
}

/* One cell; the last of a row is not padded, and cut where the line ends. */
static void print_cell(const char *text, size_t size, size_t columns, size_t width, bool right,
                       bool last, size_t left, FILE *stream)
{
	size_t padding = width > columns ? width - columns : 0;

	if (last && left && columns > left)
		size = width_fit(text, size, left);
	if (right)
		pad(padding, stream);
	fwrite(text, 1, size, stream);
	if (!right && !last)
		pad(padding, stream);
}

static size_t *measure(const struct table *table, bool heading)
{
	size_t *widths = alloc_zero(table->column_count, sizeof(*widths));

	for (size_t i = 0; heading && i < table->column_count; i++)
		widths[i] = strlen(table->columns[i].heading);
	for (size_t i = 0; i < table->cell_count; i++) {
		size_t *width = &widths[i % table->column_count];

		if (table->cells[i].columns > *width)
			*width = table->cells[i].columns;
	}
	return widths;
}

/* Room for the last column; 0: no limit. */
static size_t measure_last(const struct table *table, const size_t *widths, size_t width)
{
	size_t used = 0;

	if (!width)
		return 0;
	for (size_t i = 0; i + 1 < table->column_count; i++)
		used += widths[i] + 1;
	return used + TABLE_WIDTH_MIN < width ? width - used : TABLE_WIDTH_MIN;
}

static void print_heading(const struct table *table, const size_t *widths, size_t left,
                          FILE *stream)
{
	for (size_t i = 0; i < table->column_count; i++) {
		const struct table_column *column = &table->columns[i];
		size_t length = strlen(column->heading);
		bool last = i + 1 == table->column_count;

		print_cell(column->heading, length, length, widths[i], column->right, last, left,
		           stream);
		putc(last ? '\n' : ' ', stream);
	}
}

void table_print(const struct table *table, const struct table_style *style, FILE *stream)
{
	size_t *widths = measure(table, style->heading);
	size_t left = measure_last(table, widths, style->width);

	if (style->heading)
		print_heading(table, widths, left, stream);
	for (size_t i = 0; i < table->cell_count; i++) {
		const struct cell *cell = &table->cells[i];
		size_t column = i % table->column_count;
		bool last = column + 1 == table->column_count;
		bool color = style->color && cell->color;

		if (color)
			fputs(cell->color, stream);
		print_cell(table->text + cell->offset, cell->size, cell->columns, widths[column],
		           table->columns[column].right, last, left, stream);
		if (color)
			fputs(TABLE_COLOR_END, stream);
		putc(last ? '\n' : ' ', stream);
	}
	free(widths);
}

size_t table_terminal_width(void)
{
	struct winsize size;

	if (!isatty(STDOUT_FILENO))
		return 0;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
		return 80;
	return size.ws_col;
}

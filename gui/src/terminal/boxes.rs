//! Lines and blocks, drawn from edge to edge of their cells: fonts leave gaps between rows, or lack them.

use egui::{Pos2, Rect, pos2, vec2};

/// A shape of a cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Piece {
    /// Filled, with so much of the colour (0 to 1).
    Fill(Rect, f32),
    /// Four corners, in order.
    Quad([Pos2; 4]),
}

/// Light, heavy, or double; from the cell's middle to an edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Arm {
    None,
    Light,
    Heavy,
    Double,
}

/// Up, right, down and left of U+2500 to U+257F: 1 light, 2 heavy, 3 double. Dashes, arcs and diagonals have none here.
const ARMS: &str = "\
    0101 0202 1010 2020 0000 0000 0000 0000 0000 0000 0000 0000 0110 0210 0120 0220 \
    0011 0012 0021 0022 1100 1200 2100 2200 1001 1002 2001 2002 1110 1210 2110 1120 \
    2120 2210 1220 2220 1011 1012 2011 1021 2021 2012 1022 2022 0111 0112 0211 0212 \
    0121 0122 0221 0222 1101 1102 1201 1202 2101 2102 2201 2202 1111 1112 1211 1212 \
    2111 1121 2121 2112 2211 1122 1221 2212 1222 2122 2221 2222 0000 0000 0000 0000 \
    0303 3030 0310 0130 0330 0013 0031 0033 1300 3100 3300 1003 3001 3003 1310 3130 \
    3330 1013 3031 3033 0313 0131 0333 1303 3101 3303 1313 3131 3333 0000 0000 0000 \
    0000 0000 0000 0000 0001 1000 0100 0010 0002 2000 0200 0020 0201 1020 0102 2010 ";

fn arms(c: char) -> [Arm; 4] {
    let at = (c as usize).saturating_sub(0x2500);
    let mut arms = [Arm::None; 4];
    let digits = ARMS.split_ascii_whitespace().nth(at).unwrap_or_default();
    for (arm, digit) in arms.iter_mut().zip(digits.bytes()) {
        *arm = match digit {
            b'1' => Arm::Light,
            b'2' => Arm::Heavy,
            b'3' => Arm::Double,
            _ => Arm::None,
        };
    }
    arms
}

/// What a character is drawn of in a cell; nothing when a font draws it. `pixel` is a screen's, in points.
pub(super) fn pieces(c: char, cell: Rect, pixel: f32) -> Vec<Piece> {
    match c {
        '\u{2500}'..='\u{257f}' => lines(c, cell, pixel),
        '\u{2580}'..='\u{259f}' => blocks(c, cell, pixel),
        '\u{2800}'..='\u{28ff}' => braille(c, cell, pixel),
        '\u{e0b0}' => vec![triangle(cell.left_top(), cell.right_center(), cell.left_bottom())],
        '\u{e0b2}' => vec![triangle(cell.right_top(), cell.left_center(), cell.right_bottom())],
        _ => Vec::new(),
    }
}

fn triangle(a: Pos2, b: Pos2, c: Pos2) -> Piece {
    Piece::Quad([a, b, c, c])
}

/// A line of whole pixels: a light one as thick as the letters' own stems.
fn thickness(arm: Arm, cell: Rect, pixel: f32) -> f32 {
    let light = (cell.width() / 8.0 / pixel).round().max(1.0) * pixel;
    match arm {
        Arm::None => 0.0,
        Arm::Light | Arm::Double => light,
        Arm::Heavy => 2.0 * light,
    }
}

fn lines(c: char, cell: Rect, pixel: f32) -> Vec<Piece> {
    let light = thickness(Arm::Light, cell, pixel);
    let snap = |at: f32| (at / pixel).round() * pixel;
    let middle = pos2(snap(cell.center().x - light / 2.0), snap(cell.center().y - light / 2.0))
        + vec2(light, light) / 2.0;
    match c {
        '\u{2504}' | '\u{2505}' => dashes(cell, middle, 3, c == '\u{2505}', false, light),
        '\u{2506}' | '\u{2507}' => dashes(cell, middle, 3, c == '\u{2507}', true, light),
        '\u{2508}' | '\u{2509}' => dashes(cell, middle, 4, c == '\u{2509}', false, light),
        '\u{250a}' | '\u{250b}' => dashes(cell, middle, 4, c == '\u{250b}', true, light),
        '\u{254c}' | '\u{254d}' => dashes(cell, middle, 2, c == '\u{254d}', false, light),
        '\u{254e}' | '\u{254f}' => dashes(cell, middle, 2, c == '\u{254f}', true, light),
        '\u{256d}' => arc(cell, middle, [1.0, 1.0], light),
        '\u{256e}' => arc(cell, middle, [-1.0, 1.0], light),
        '\u{256f}' => arc(cell, middle, [-1.0, -1.0], light),
        '\u{2570}' => arc(cell, middle, [1.0, -1.0], light),
        '\u{2571}' => vec![slope(cell.left_bottom(), cell.right_top(), light)],
        '\u{2572}' => vec![slope(cell.left_top(), cell.right_bottom(), light)],
        '\u{2573}' => vec![
            slope(cell.left_bottom(), cell.right_top(), light),
            slope(cell.left_top(), cell.right_bottom(), light),
        ],
        _ => straight(arms(c), cell, middle, pixel),
    }
}

/// Arms from the middle to the edges, joined so that nothing sticks out and nothing is open.
fn straight(arms: [Arm; 4], cell: Rect, middle: Pos2, pixel: f32) -> Vec<Piece> {
    let light = thickness(Arm::Light, cell, pixel);
    let mut pieces = Vec::new();
    for (side, arm) in arms.iter().copied().enumerate() {
        let [before, behind] = [arms[(side + 3) % 4], arms[(side + 1) % 4]];
        let opposite = arms[(side + 2) % 4];
        let mut strand = |offset: f32, thick: f32, back: f32| {
            pieces.push(Piece::Fill(limb(side, cell, middle, offset, thick, back), 1.0));
        };
        match arm {
            Arm::None => {}
            Arm::Light | Arm::Heavy => {
                let thick = thickness(arm, cell, pixel);
                let double = [before, behind].iter().filter(|arm| **arm == Arm::Double).count();
                let across = thickness(before, cell, pixel).max(thickness(behind, cell, pixel));
                // It begins at the strand that it meets, or at the far side of the line that it meets.
                let back = match (double, opposite) {
                    (2, Arm::None) => -light / 2.0,
                    (1, Arm::None) => 1.5 * light,
                    (0, Arm::None) => across / 2.0,
                    _ => thick / 2.0,
                };
                strand(0.0, thick, back);
            }
            Arm::Double => {
                for (offset, beside, other) in [(-light, before, behind), (light, behind, before)] {
                    let back = match (beside, other) {
                        (Arm::Double, _) => -light / 2.0,
                        (_, Arm::Double) => 1.5 * light,
                        _ if opposite == Arm::None => light / 2.0,
                        _ => 0.0,
                    };
                    strand(offset, light, back);
                }
            }
        }
    }
    pieces
}

/// A strand from so far behind the middle to an edge. `offset` is to the side that comes before clockwise when
/// negative: up, right, down, left.
fn limb(side: usize, cell: Rect, middle: Pos2, offset: f32, thick: f32, back: f32) -> Rect {
    let half = thick / 2.0;
    match side {
        // Seen from the middle, "before" is left of up, up of right, right of down, down of left.
        0 => Rect::from_min_max(
            pos2(middle.x + offset - half, cell.top()),
            pos2(middle.x + offset + half, middle.y + back),
        ),
        1 => Rect::from_min_max(
            pos2(middle.x - back, middle.y + offset - half),
            pos2(cell.right(), middle.y + offset + half),
        ),
        2 => Rect::from_min_max(
            pos2(middle.x - offset - half, middle.y - back),
            pos2(middle.x - offset + half, cell.bottom()),
        ),
        _ => Rect::from_min_max(
            pos2(cell.left(), middle.y - offset - half),
            pos2(middle.x + back, middle.y - offset + half),
        ),
    }
}

fn dashes(
    cell: Rect,
    middle: Pos2,
    count: u8,
    is_heavy: bool,
    is_upright: bool,
    light: f32,
) -> Vec<Piece> {
    let half = if is_heavy { light } else { light / 2.0 };
    let length = if is_upright { cell.height() } else { cell.width() };
    let step = length / f32::from(count);
    // A third of each step is a gap.
    let dash = |at: u8| {
        let (from, to) = (f32::from(at) * step + step / 6.0, f32::from(at + 1) * step - step / 6.0);
        let rect = if is_upright {
            Rect::from_min_max(
                pos2(middle.x - half, cell.top() + from),
                pos2(middle.x + half, cell.top() + to),
            )
        } else {
            Rect::from_min_max(
                pos2(cell.left() + from, middle.y - half),
                pos2(cell.left() + to, middle.y + half),
            )
        };
        Piece::Fill(rect, 1.0)
    };
    (0..count).map(dash).collect()
}

/// A rounded corner that opens towards `[right, down]`, each 1 or -1.
fn arc(cell: Rect, middle: Pos2, [right, down]: [f32; 2], light: f32) -> Vec<Piece> {
    const PARTS: u8 = 8;
    let radius = cell.width().min(cell.height()) / 2.0;
    let centre = middle + vec2(right * radius, down * radius);
    let on = |part: u8, radius: f32| {
        let angle = f32::from(part) / f32::from(PARTS) * std::f32::consts::FRAC_PI_2;
        centre - vec2(right * angle.cos() * radius, down * angle.sin() * radius)
    };
    let (inner, outer) = (radius - light / 2.0, radius + light / 2.0);
    let part =
        |at: u8| Piece::Quad([on(at, inner), on(at, outer), on(at + 1, outer), on(at + 1, inner)]);
    let mut pieces: Vec<_> = (0..PARTS).map(part).collect();
    let half = light / 2.0;
    let edge_y = if down > 0.0 { cell.bottom() } else { cell.top() };
    let edge_x = if right > 0.0 { cell.right() } else { cell.left() };
    pieces.push(Piece::Fill(
        Rect::from_two_pos(pos2(middle.x - half, centre.y), pos2(middle.x + half, edge_y)),
        1.0,
    ));
    pieces.push(Piece::Fill(
        Rect::from_two_pos(pos2(centre.x, middle.y - half), pos2(edge_x, middle.y + half)),
        1.0,
    ));
    pieces
}

fn slope(from: Pos2, to: Pos2, light: f32) -> Piece {
    let across = (to - from).normalized().rot90() * (light / 2.0);
    Piece::Quad([from - across, to - across, to + across, from + across])
}

/// Parts of a cell, in eighths of its width and height.
fn blocks(c: char, cell: Rect, pixel: f32) -> Vec<Piece> {
    let snap = |at: f32| (at / pixel).round() * pixel;
    let part = |left: u32, top: u32, right: u32, bottom: u32| {
        let x = |eighths: u32| snap(cell.left() + cell.width() * eighths as f32 / 8.0);
        let y = |eighths: u32| snap(cell.top() + cell.height() * eighths as f32 / 8.0);
        Piece::Fill(Rect::from_min_max(pos2(x(left), y(top)), pos2(x(right), y(bottom))), 1.0)
    };
    let code = u32::from(c);
    let [upper_left, upper_right] = [part(0, 0, 4, 4), part(4, 0, 8, 4)];
    let [lower_left, lower_right] = [part(0, 4, 4, 8), part(4, 4, 8, 8)];
    match code {
        0x2580 => vec![part(0, 0, 8, 4)],
        0x2581..=0x2588 => vec![part(0, 8 - (code - 0x2580), 8, 8)],
        0x2589..=0x258f => vec![part(0, 0, 8 - (code - 0x2588), 8)],
        0x2590 => vec![part(4, 0, 8, 8)],
        0x2591 => vec![Piece::Fill(cell, 0.25)],
        0x2592 => vec![Piece::Fill(cell, 0.5)],
        0x2593 => vec![Piece::Fill(cell, 0.75)],
        0x2594 => vec![part(0, 0, 8, 1)],
        0x2595 => vec![part(7, 0, 8, 8)],
        0x2596 => vec![lower_left],
        0x2597 => vec![lower_right],
        0x2598 => vec![upper_left],
        0x2599 => vec![upper_left, lower_left, lower_right],
        0x259a => vec![upper_left, lower_right],
        0x259b => vec![upper_left, upper_right, lower_left],
        0x259c => vec![upper_left, upper_right, lower_right],
        0x259d => vec![upper_right],
        0x259e => vec![upper_right, lower_left],
        _ => vec![upper_right, lower_left, lower_right],
    }
}

/// Eight dots; the bits go down the left column, down the right one, then along the last row.
fn braille(c: char, cell: Rect, pixel: f32) -> Vec<Piece> {
    const DOTS: [(f32, f32); 8] = [
        (0.0, 0.0),
        (0.0, 1.0),
        (0.0, 2.0),
        (1.0, 0.0),
        (1.0, 1.0),
        (1.0, 2.0),
        (0.0, 3.0),
        (1.0, 3.0),
    ];
    let bits = u32::from(c) - 0x2800;
    let side = (cell.width() / 4.0 / pixel).round().max(1.0) * pixel;
    let snap = |at: f32| (at / pixel).round() * pixel;
    let dot = |(column, row): (f32, f32)| {
        let x = cell.left() + cell.width() * (0.25 + 0.5 * column) - side / 2.0;
        let y = cell.top() + cell.height() * (0.125 + 0.25 * row) - side / 2.0;
        Piece::Fill(Rect::from_min_size(pos2(snap(x), snap(y)), vec2(side, side)), 1.0)
    };
    let is_set = |number: usize| bits & (1 << number) != 0;
    (0..8).filter(|number| is_set(*number)).map(|number| dot(DOTS[number])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CELL: Rect = Rect { min: pos2(0.0, 0.0), max: pos2(8.0, 16.0) };

    /// How much of the cell's edges is painted: up, right, down, left.
    fn edges(c: char) -> [bool; 4] {
        let rects: Vec<Rect> = pieces(c, CELL, 1.0)
            .into_iter()
            .filter_map(|piece| match piece {
                Piece::Fill(rect, _) => Some(rect),
                Piece::Quad(_) => None,
            })
            .collect();
        let any = |is_at: &dyn Fn(&Rect) -> bool| rects.iter().any(is_at);
        [
            any(&|rect| rect.top() == 0.0 && rect.height() > 4.0),
            any(&|rect| rect.right() == 8.0 && rect.width() > 2.0),
            any(&|rect| rect.bottom() == 16.0 && rect.height() > 4.0),
            any(&|rect| rect.left() == 0.0 && rect.width() > 2.0),
        ]
    }

    #[test]
    fn lines_reach_the_edges_where_their_neighbours_begin() {
        assert_eq!(edges('─'), [false, true, false, true]);
        assert_eq!(edges('│'), [true, false, true, false]);
        assert_eq!(edges('┌'), [false, true, true, false]);
        assert_eq!(edges('┤'), [true, false, true, true]);
        assert_eq!(edges('╬'), [true, true, true, true]);
        assert_eq!(edges('╓'), [false, true, true, false]);
        assert_eq!(edges('┺'), [true, true, false, true]);
        assert_eq!(edges('╾'), [false, true, false, true]);
    }

    #[test]
    fn every_line_and_block_is_drawn_inside_of_its_cell() {
        let room = CELL.expand(0.51);
        for code in (0x2500..=0x259f).chain(0x2801..=0x28ff).chain([0xe0b0, 0xe0b2]) {
            let c = char::from_u32(code).unwrap_or(' ');
            let drawn = pieces(c, CELL, 1.0);
            assert!(!drawn.is_empty(), "U+{code:04X} {c}");
            for piece in drawn {
                let is_in = match piece {
                    Piece::Fill(rect, _) => room.contains_rect(rect) && rect.is_positive(),
                    Piece::Quad(corners) => corners.iter().all(|corner| room.contains(*corner)),
                };
                assert!(is_in, "U+{code:04X} {c}: {piece:?}");
            }
        }
    }

    #[test]
    fn halves_fill_a_cell_without_a_gap() {
        let area = |c: char| -> f32 {
            let area = |piece: Piece| match piece {
                Piece::Fill(rect, _) => rect.area(),
                Piece::Quad(_) => 0.0,
            };
            pieces(c, CELL, 1.0).into_iter().map(area).sum()
        };
        assert_eq!(area('█'), CELL.area());
        assert_eq!(area('▀') + area('▄'), CELL.area());
        assert_eq!(area('▌') + area('▐'), CELL.area());
        assert_eq!(area('▙') + area('▝'), CELL.area());
    }
}

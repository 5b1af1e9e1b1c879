# shellcheck shell=sh
# The project in the README's pictures, in $place/remote/webshop. Sourced behind remote.sh.
#
#   webshop          the repository as it was committed
#   an_agent_works   what an agent leaves behind in it

# shop WORDS…: git in the shop's repository, as Ada.
shop() {
  # take_place sets it.
  # shellcheck disable=SC2154
  git -C "$place/remote/webshop" -c user.name=Ada -c user.email=ada@example.org "$@"
}

# source FILE: what stands on stdin goes into that file of the shop.
source_file() {
  mkdir -p "$(dirname "$place/remote/webshop/$1")"
  cat >"$place/remote/webshop/$1"
}

# webshop: a repository with a few commits, a merge among them, and a remote.
webshop() {
  shop init -q -b main
  git init -q --bare -b main "$place/remote/webshop.git"
  shop remote add origin "$place/remote/webshop.git"
  shop config user.name Ada
  shop config user.email ada@example.org
  source_file .gitignore <<'EOF'
/target
/.maestro
EOF
  source_file Cargo.toml <<'EOF'
[package]
name = "webshop"
version = "1.4.0"
edition = "2024"

[dependencies]
rust_decimal = "1.36"
EOF
  source_file README.md <<'EOF'
# Webshop

Carts, prices and receipts. `cargo test` runs everything.
EOF
  source_file src/lib.rs <<'EOF'
//! Carts, prices and receipts.

pub mod cart;
pub mod prices;
pub mod receipt;
EOF
  source_file src/prices.rs <<'EOF'
//! What things cost.

use rust_decimal::Decimal;

/// An amount in cents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cents(pub i64);

impl Cents {
    /// Half a cent is rounded to the even one, as banks do it.
    pub fn round(exact: Decimal) -> Self {
        let cents = (exact * Decimal::ONE_HUNDRED).round();
        Self(cents.mantissa() as i64)
    }
}
EOF
  source_file src/cart/mod.rs <<'EOF'
//! What somebody is about to buy.

mod line;
mod total;

pub use line::Line;
pub use total::total;
EOF
  source_file src/cart/line.rs <<'EOF'
//! A line of a cart.

use rust_decimal::Decimal;

/// A thing, and how many of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// What one costs, before tax.
    pub price: Decimal,
    /// How many.
    pub count: u32,
    /// The tax, as a part of the price.
    pub tax: Decimal,
}

impl Line {
    /// What the line costs, not rounded.
    pub fn exact(&self) -> Decimal {
        self.price * Decimal::from(self.count) * (Decimal::ONE + self.tax)
    }
}
EOF
  shop add -A
  shop commit -q -m 'Carts and prices'
  source_file src/cart/total.rs <<'EOF'
//! What a cart costs.

use rust_decimal::Decimal;

use super::Line;
use crate::prices::Cents;

/// The total in cents.
pub fn total(lines: &[Line]) -> Cents {
    let mut sum = Cents(0);
    for line in lines {
        // rounding each line
        sum.0 += Cents::round(line.exact()).0;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(price: &str, count: u32) -> Line {
        let tax = Decimal::new(19, 2);
        Line { price: price.parse().unwrap(), count, tax }
    }

    #[test]
    fn an_empty_cart_costs_nothing() {
        assert_eq!(total(&[]), Cents(0));
    }

    #[test]
    fn three_lines_are_added() {
        let cart = [line("4.19", 1), line("4.19", 1), line("4.19", 1)];
        assert_eq!(total(&cart), Cents(1497));
    }
}
EOF
  shop add -A
  shop commit -q -m 'The total of a cart'
  shop switch -q -c receipts
  source_file src/receipt.rs <<'EOF'
//! What is printed.
EOF
  shop add -A
  shop commit -q -m 'Receipts are printed'
  shop switch -q main
  shop commit -q --allow-empty -m 'Prices of the new season'
  shop merge -q --no-ff -m 'Merge the receipts' receipts
  shop push -q -u origin main
}

# an_agent_works: the shop as an agent leaves it: changed, a part of it staged, and a file that is new.
an_agent_works() {
  shop apply <<'EOF'
--- a/src/cart/total.rs
+++ b/src/cart/total.rs
@@ -5,14 +5,10 @@
 use super::Line;
 use crate::prices::Cents;
 
-/// The total in cents.
+/// The total in cents, rounded once, as the receipt does it.
 pub fn total(lines: &[Line]) -> Cents {
-    let mut sum = Cents(0);
-    for line in lines {
-        // rounding each line
-        sum.0 += Cents::round(line.exact()).0;
-    }
-    sum
+    let exact: Decimal = lines.iter().map(Line::exact).sum();
+    Cents::round(exact)
 }
 
 #[cfg(test)]
@@ -30,8 +26,8 @@
     }
 
     #[test]
-    fn three_lines_are_added() {
+    fn three_lines_are_added_and_rounded_once() {
         let cart = [line("4.19", 1), line("4.19", 1), line("4.19", 1)];
-        assert_eq!(total(&cart), Cents(1497));
+        assert_eq!(total(&cart), Cents(1496));
     }
 }
EOF
  printf '\nTotals are rounded once, at the end.\n' >>"$place/remote/webshop/README.md"
  shop add README.md
  source_file tests/receipt.rs <<'EOF'
//! The receipt and the cart agree.
EOF
}

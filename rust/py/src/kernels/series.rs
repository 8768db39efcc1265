//! A matrix of series as Python holds it: any numeric type, any strides, read row by row.

use fakeengage_core::kernels::Rows;
use numpy::PyReadonlyArray2;
use numpy::ndarray::ArrayView2;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

macro_rules! element_types {
    ($($variant:ident: $type:ty, $convert:expr;)*) => {
        /// The array, borrowed.
        pub(crate) enum Series<'py> {
            $(#[doc = stringify!($type)] $variant(PyReadonlyArray2<'py, $type>),)*
        }

        /// The same as a view that threads can share.
        pub(crate) enum SeriesRows<'a> {
            $(#[doc = stringify!($type)] $variant(ArrayView2<'a, $type>),)*
        }

        impl<'a, 'py> FromPyObject<'a, 'py> for Series<'py> {
            type Error = PyErr;

            fn extract(object: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
                $(if let Ok(array) = object.extract() {
                    return Ok(Self::$variant(array));
                })*
                Err(PyTypeError::new_err("x: a two-dimensional array of numbers is needed"))
            }
        }

        impl<'py> Series<'py> {
            /// Rows to read without the interpreter.
            pub(crate) fn rows(&self) -> SeriesRows<'_> {
                match self {
                    $(Self::$variant(array) => SeriesRows::$variant(array.as_array()),)*
                }
            }
        }

        impl SeriesRows<'_> {
            /// Writes series `i` behind what the buffer holds.
            pub(crate) fn append_row(&self, i: usize, buffer: &mut Vec<f64>) {
                if let Self::F64(view) = self
                    && let Some(row) = view.row(i).to_slice()
                {
                    buffer.extend_from_slice(row);
                    return;
                }
                match self {
                    $(Self::$variant(view) => buffer.extend(view.row(i).iter().map($convert)),)*
                }
            }
        }

        impl Rows for SeriesRows<'_> {
            fn n_rows(&self) -> usize {
                match self {
                    $(Self::$variant(view) => view.nrows(),)*
                }
            }

            fn n_steps(&self) -> usize {
                match self {
                    $(Self::$variant(view) => view.ncols(),)*
                }
            }

            fn row<'a>(&'a self, i: usize, buffer: &'a mut Vec<f64>) -> &'a [f64] {
                if let Self::F64(view) = self
                    && let Some(row) = view.row(i).to_slice()
                {
                    return row;
                }
                buffer.clear();
                self.append_row(i, buffer);
                buffer
            }
        }
    };
}

element_types! {
    F64: f64, |v: &f64| *v;
    F32: f32, |v: &f32| f64::from(*v);
    I64: i64, |v: &i64| *v as f64;
    I32: i32, |v: &i32| f64::from(*v);
    U32: u32, |v: &u32| f64::from(*v);
    U8: u8, |v: &u8| f64::from(*v);
    Bool: bool, |v: &bool| f64::from(u8::from(*v));
}

//! Bytes between our own streams and a program's.
//!
//! Each stream has a thread: reading our stdin blocks, and where there are pipes on both sides the kernel
//! moves the bytes by itself (`std::io::copy` splices), which no asynchronous stream could do.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::AsFd;

use orchestrator::failure::{Code, Failure};
use orchestrator::transport::{Input, Output};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

/// What is moved at once where the kernel can't: a pipe's capacity on Linux, pipe(7).
const CHUNK: usize = 64 * 1024;

/// The end of a stream that is being printed.
pub type Printed = std::pin::Pin<Box<dyn Future<Output = io::Result<()>> + Send>>;

/// Carries our stdin to the program, and its end, too. Ends with the program, or never: nobody waits for it.
///
/// # Errors
///
/// When no thread can be started.
pub fn stdin(input: Input) -> Result<(), Failure> {
    let ours = own(&io::stdin())?;
    let runtime = Handle::current();
    thread("stdin", move || {
        // A program that ends before it has read everything is none of our business.
        match feed(ours, input, &runtime) {
            Ok(()) => {}
            Err(error) => tracing::debug!(%error, "the program takes no more input"),
        }
    })
}

fn feed(mut ours: File, input: Input, runtime: &Handle) -> io::Result<()> {
    let mut input = match input.into_pipe() {
        Ok(pipe) => return io::copy(&mut ours, &mut File::from(pipe)).map(|_| ()),
        Err(input) => input,
    };
    let mut buffer = vec![0; CHUNK];
    loop {
        let read = ours.read(&mut buffer)?;
        if read == 0 {
            return runtime.block_on(input.shutdown());
        }
        runtime.block_on(async {
            input.write_all(&buffer[..read]).await?;
            input.flush().await
        })?;
    }
}

/// Carries what the program prints to our stdout.
///
/// `unread` is called when nobody reads our stdout any more and the program can't notice: a pipe would tell it,
/// a stream of ours just stops.
///
/// # Errors
///
/// When no thread can be started.
pub fn stdout(output: Output, unread: impl FnOnce() + Send + 'static) -> Result<Printed, Failure> {
    print("stdout", output, own(&io::stdout())?, unread)
}

/// Carries what the program complains to our stderr.
///
/// # Errors
///
/// When no thread can be started.
pub fn stderr(output: Output) -> Result<Printed, Failure> {
    print("stderr", output, own(&io::stderr())?, || ())
}

fn print(
    name: &str,
    output: Output,
    ours: File,
    unread: impl FnOnce() + Send + 'static,
) -> Result<Printed, Failure> {
    let runtime = Handle::current();
    let (sender, receiver) = oneshot::channel();
    thread(name, move || {
        if sender.send(drain(output, ours, &runtime, unread)).is_err() {
            tracing::trace!("nobody waited for the end of a stream");
        }
    })?;
    Ok(Box::pin(async move { receiver.await.map_err(io::Error::other)? }))
}

fn drain(
    output: Output,
    mut ours: File,
    runtime: &Handle,
    unread: impl FnOnce(),
) -> io::Result<()> {
    let mut output = match output.into_pipe() {
        Ok((head, pipe)) => {
            ours.write_all(&head)?;
            return move_on(File::from(pipe), ours);
        }
        Err(output) => output,
    };
    let mut buffer = vec![0; CHUNK];
    loop {
        let read = runtime.block_on(output.read(&mut buffer))?;
        if read == 0 {
            return Ok(());
        }
        if let Err(error) = ours.write_all(&buffer[..read]) {
            unread();
            // What is on its way must be taken, or the program's end can't come after it.
            runtime.block_on(tokio::io::copy(&mut output, &mut tokio::io::sink()))?;
            return Err(error);
        }
    }
}

/// Moves everything from a pipe.
///
/// Into a file it is written as anybody else writes: the kernel's way takes the place in the file when it starts
/// and sets it when it ends, and overwrites what our other stream, or another program, has written there since.
fn move_on(mut pipe: File, mut ours: File) -> io::Result<()> {
    if !ours.metadata()?.is_file() {
        return io::copy(&mut pipe, &mut ours).map(|_| ());
    }
    let mut buffer = vec![0; CHUNK];
    loop {
        match pipe.read(&mut buffer)? {
            0 => return Ok(()),
            read => ours.write_all(&buffer[..read])?,
        }
    }
}

/// A handle of our own for one of our streams, without the buffers that the standard library puts before it.
fn own(stream: &impl AsFd) -> Result<File, Failure> {
    stream.as_fd().try_clone_to_owned().map(File::from).map_err(|error| failed(&error))
}

fn thread(name: &str, body: impl FnOnce() + Send + 'static) -> Result<(), Failure> {
    std::thread::Builder::new()
        .name(name.into())
        .spawn(body)
        .map(|_| ())
        .map_err(|error| failed(&error))
}

fn failed(error: &io::Error) -> Failure {
    Failure::new(Code::Internal, format!("could not connect a stream: {error}"))
}
